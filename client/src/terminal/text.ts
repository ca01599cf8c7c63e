/** What other people wrote, made harmless for a terminal: control characters are shown, not obeyed. */
export function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, (char) =>
    char === '\n' ? '\n' : char === '\t' ? ' ' : `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

/** Breaks text into lines of at most `width` characters, between words where it can; `indent` goes before all but the first. */
export function wrapped(text: string, width: number, indent = ''): string[] {
  return text.split('\n').flatMap((line, i) => wrapLine(line, Math.max(8, width), i === 0 ? '' : indent, indent));
}

function wrapLine(line: string, width: number, first: string, indent: string): string[] {
  const lines: string[] = [];
  let current = first;
  let isEmpty = true;
  for (let word of line.split(' ')) {
    if (!isEmpty && current.length + 1 + word.length > width) {
      lines.push(current);
      current = indent;
      isEmpty = true;
    }
    while (current.length + word.length > width) {
      const room = width - current.length;
      lines.push(current + word.slice(0, room));
      word = word.slice(room);
      current = indent;
    }
    current += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, current];
}

/** One line of a text that may have many, cut to `width`. */
export function oneLine(text: string, width: number): string {
  const line = harmless(text).replaceAll('\n', ' ');
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** The time of day, or the day if it is another one. */
export function shortTime(at: number, now: number): string {
  const [when, today] = [new Date(at), new Date(now)];
  const two = (value: number) => String(value).padStart(2, '0');
  if (when.toDateString() === today.toDateString()) return `${two(when.getHours())}:${two(when.getMinutes())}`;
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
}
