/** `name` + `emoji`, in the order in which the picker shows them. Names are those that most chats know. */
const TABLE = `
smile 😄, grin 😁, joy 😂, rofl 🤣, smiley 😃, slight_smile 🙂, wink 😉, blush 😊, heart_eyes 😍, kissing_heart 😘, yum 😋, stuck_out_tongue 😛, sunglasses 😎, nerd 🤓, star_struck 🤩, partying 🥳, thinking 🤔, raised_eyebrow 🤨, neutral 😐, smirk 😏, unamused 😒, roll_eyes 🙄, grimacing 😬, pensive 😔, sleeping 😴, mask 😷, exploding_head 🤯, cowboy 🤠, confused 😕, worried 😟, frowning ☹️, open_mouth 😮, flushed 😳, pleading 🥺, cry 😢, sob 😭, scream 😱, disappointed 😞, sweat 😓, sweat_smile 😅, tired 😫, angry 😠, rage 😡, innocent 😇, upside_down 🙃, hugging 🤗, shushing 🤫, melting 🫠, saluting 🫡, skull 💀, ghost 👻, alien 👽, robot 🤖, poop 💩, clown 🤡,
thumbsup 👍, thumbsdown 👎, ok_hand 👌, clap 👏, raised_hands 🙌, pray 🙏, wave 👋, handshake 🤝, muscle 💪, point_right 👉, crossed_fingers 🤞, victory ✌️, fist 👊, shrug 🤷, facepalm 🤦, eyes 👀, brain 🧠,
heart ❤️, orange_heart 🧡, yellow_heart 💛, green_heart 💚, blue_heart 💙, purple_heart 💜, broken_heart 💔, hundred 💯, boom 💥, sparkles ✨, star ⭐, fire 🔥, zap ⚡, zzz 💤, speech 💬,
cat 🐱, dog 🐶, fox 🦊, bear 🐻, panda 🐼, monkey 🐒, see_no_evil 🙈, unicorn 🦄, bee 🐝, butterfly 🦋, whale 🐳, penguin 🐧, tree 🌳, cactus 🌵, four_leaf_clover 🍀, rose 🌹, sunflower 🌻, sun ☀️, snowflake ❄️, rainbow 🌈, moon 🌙, earth 🌍,
coffee ☕, tea 🍵, beer 🍺, beers 🍻, wine 🍷, champagne 🍾, cake 🎂, chocolate 🍫, pizza 🍕, taco 🌮, sushi 🍣, salad 🥗, apple 🍎, banana 🍌, strawberry 🍓, avocado 🥑, popcorn 🍿, ice_cream 🍦,
tada 🎉, balloon 🎈, gift 🎁, trophy 🏆, soccer ⚽, basketball 🏀, tennis 🎾, bike 🚲, climbing 🧗, running 🏃, swimming 🏊, music 🎵, guitar 🎸, art 🎨, game 🎮, dart 🎯, car 🚗, bus 🚌, train 🚆, plane ✈️, rocket 🚀, house 🏠, tent ⛺,
phone 📱, laptop 💻, camera 📷, bulb 💡, book 📖, books 📚, memo 📝, mail 📧, package 📦, calendar 📅, chart 📈, paperclip 📎, lock 🔒, key 🔑, hammer 🔨, wrench 🔧, gear ⚙️, bug 🐛, link 🔗, search 🔍, bell 🔔, mute 🔇, hourglass ⏳, money 💰, shopping 🛒,
check ✅, x ❌, question ❓, exclamation ❗, warning ⚠️, recycle ♻️, arrow_right ➡️, checkered_flag 🏁
`;

export interface Emoji {
  name: string;
  emoji: string;
}

export const EMOJI: readonly Emoji[] = TABLE.trim()
  .split(/,\s*/)
  .map((pair) => {
    const [name = '', emoji = ''] = pair.split(' ');
    return { name, emoji };
  });

/** Those whose name has the text in it, those that begin with it first. */
export function emojiLike(text: string, max: number): readonly Emoji[] {
  const wanted = text.toLowerCase();
  const found = EMOJI.filter(({ name }) => name.includes(wanted));
  const begins = ({ name }: Emoji) => Number(name.startsWith(wanted));
  return found.sort((a, b) => begins(b) - begins(a)).slice(0, max);
}
