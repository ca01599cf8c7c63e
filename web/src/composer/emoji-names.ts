/** `name` + `emoji`, in the order in which the picker shows them. Names are those that most chats know. */
const TABLE = `
smile 😄, grin 😁, joy 😂, rofl 🤣, smiley 😃, slight_smile 🙂, wink 😉, blush 😊, heart_eyes 😍, kissing_heart 😘, yum 😋, stuck_out_tongue 😛, sunglasses 😎, nerd 🤓, star_struck 🤩, partying 🥳, thinking 🤔, raised_eyebrow 🤨, neutral 😐, expressionless 😑, no_mouth 😶, smirk 😏, unamused 😒, roll_eyes 🙄, grimacing 😬, relieved 😌, pensive 😔, sleepy 😪, sleeping 😴, mask 😷, thermometer_face 🤒, nauseated 🤢, sneezing 🤧, hot 🥵, cold 🥶, dizzy_face 😵, exploding_head 🤯, cowboy 🤠, confused 😕, worried 😟, frowning ☹️, open_mouth 😮, astonished 😲, flushed 😳, pleading 🥺, cry 😢, sob 😭, scream 😱, disappointed 😞, sweat 😓, sweat_smile 😅, weary 😩, tired 😫, yawning 🥱, angry 😠, rage 😡, innocent 😇, upside_down 🙃, hugging 🤗, shushing 🤫, zipper_mouth 🤐, melting 🫠, saluting 🫡, skull 💀, ghost 👻, alien 👽, robot 🤖, poop 💩, clown 🤡,
thumbsup 👍, thumbsdown 👎, ok_hand 👌, clap 👏, raised_hands 🙌, pray 🙏, wave 👋, handshake 🤝, muscle 💪, point_up ☝️, point_right 👉, point_left 👈, point_down 👇, crossed_fingers 🤞, victory ✌️, call_me 🤙, fist 👊, shrug 🤷, facepalm 🤦, eyes 👀, brain 🧠, writing ✍️,
heart ❤️, orange_heart 🧡, yellow_heart 💛, green_heart 💚, blue_heart 💙, purple_heart 💜, black_heart 🖤, white_heart 🤍, broken_heart 💔, two_hearts 💕, sparkling_heart 💖, hundred 💯, boom 💥, sparkles ✨, star ⭐, fire 🔥, zap ⚡, zzz 💤, speech 💬,
cat 🐱, dog 🐶, fox 🦊, bear 🐻, panda 🐼, monkey 🐒, see_no_evil 🙈, unicorn 🦄, bee 🐝, butterfly 🦋, turtle 🐢, snail 🐌, octopus 🐙, whale 🐳, penguin 🐧, bird 🐦, owl 🦉, tree 🌳, cactus 🌵, four_leaf_clover 🍀, rose 🌹, sunflower 🌻, blossom 🌸, sun ☀️, cloud ☁️, rain 🌧️, snowflake ❄️, rainbow 🌈, moon 🌙, earth 🌍, mountain ⛰️, ocean 🌊,
coffee ☕, tea 🍵, beer 🍺, beers 🍻, wine 🍷, champagne 🍾, cake 🎂, cookie 🍪, chocolate 🍫, pizza 🍕, burger 🍔, fries 🍟, taco 🌮, sushi 🍣, salad 🥗, bread 🍞, cheese 🧀, egg 🥚, apple 🍎, banana 🍌, strawberry 🍓, avocado 🥑, popcorn 🍿, ice_cream 🍦,
tada 🎉, balloon 🎈, gift 🎁, trophy 🏆, medal 🏅, soccer ⚽, basketball 🏀, tennis 🎾, bike 🚲, climbing 🧗, running 🏃, swimming 🏊, music 🎵, guitar 🎸, art 🎨, game 🎮, dart 🎯, dice 🎲, chess ♟️, car 🚗, bus 🚌, train 🚆, plane ✈️, rocket 🚀, ship 🚢, house 🏠, tent ⛺, hospital 🏥,
phone 📱, laptop 💻, keyboard ⌨️, camera 📷, tv 📺, bulb 💡, book 📖, books 📚, memo 📝, mail 📧, package 📦, calendar 📅, chart 📈, pushpin 📌, paperclip 📎, scissors ✂️, lock 🔒, key 🔑, hammer 🔨, wrench 🔧, gear ⚙️, bug 🐛, link 🔗, search 🔍, bell 🔔, mute 🔇, alarm ⏰, hourglass ⏳, money 💰, shopping 🛒,
check ✅, x ❌, question ❓, exclamation ❗, warning ⚠️, no_entry ⛔, stop 🛑, recycle ♻️, plus ➕, minus ➖, arrow_right ➡️, arrow_left ⬅️, arrow_up ⬆️, arrow_down ⬇️, soon 🔜, new 🆕, ok 🆗, sos 🆘, white_flag 🏳️, checkered_flag 🏁, rainbow_flag 🏳️‍🌈
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
