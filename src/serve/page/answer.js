// The answer: the digit, or another class, in words for eyes and ears, and a bar for each.

const $ = (id) => document.getElementById(id);
/** A screen reader hears the answer once it has stayed for so long, in milliseconds. */
const CALM = 900;
let calm = 0;
/** The most bars that are shown: of more classes, those of the likeliest. */
const SHOWN = 20;
let names = [];
let rows = [];

/** Makes a bar for each class. */
export function classes(all) {
  names = all;
  $('bars').tBodies[0].replaceChildren();
  rows = names.map((text) => {
    const row = $('bars').tBodies[0].insertRow();
    const name = document.createElement('th');
    name.scope = 'row';
    name.textContent = text;
    row.append(name);
    const bar = document.createElement('div');
    bar.className = 'bar';
    bar.append(document.createElement('i'));
    row.insertCell().append(bar);
    row.cells[1].setAttribute('aria-hidden', 'true');
    return { row, bar: bar.firstChild, number: row.insertCell() };
  });
  bars(null);
}

const percent = (probability) => `${(100 * probability).toFixed(1)} %`;

function put(status, digit, words) {
  $('answer').dataset.status = status;
  $('digit').textContent = digit;
  $('digit').classList.toggle('long', digit.length > 1);
  $('words').textContent = words;
  clearTimeout(calm);
  calm = setTimeout(() => {
    if ($('spoken').textContent !== words) $('spoken').textContent = words;
  }, CALM);
}

function bars(probabilities, best) {
  const least = probabilities?.toSorted((a, b) => b - a)[SHOWN - 1] ?? 0;
  rows.forEach(({ row, bar, number }, index) => {
    const probability = probabilities?.[index];
    row.hidden = probability === undefined ? index >= SHOWN : probability < least;
    bar.style.width = `${100 * (probability ?? 0)}%`;
    number.textContent = probability === undefined ? '–' : percent(probability);
    row.classList.toggle('first', index === best);
  });
}

/** Shows that there is nothing to answer. */
export function nothing() {
  put('blank', '–', 'Nothing is drawn yet.');
  bars(null);
}

/** Shows what went wrong. */
export function failed(problem) {
  put('blank', '!', problem);
  bars(null);
}

/** Shows the server's answer about one digit, or about one of other classes, which comes by its name. */
export function one({ status, digit, class: name, probability, probabilities }) {
  if (status === 'blank') put(status, '–', 'Blank: there is no ink.');
  else if (status === 'not-a-digit') put(status, '?', 'Not a digit.');
  else if (name) put(status, name, `${status === 'uncertain' ? 'Perhaps ' : ''}${name}: ${percent(probability)}.`);
  else if (status === 'uncertain') put(status, String(digit), `Perhaps a ${digit}: ${percent(probability)}.`);
  else put(status, String(digit), `It is a ${digit}: ${percent(probability)}.`);
  bars(probabilities, digit ?? names.indexOf(name));
}

/** Shows the server's answer about several digits or others; the bars stay those of the most prominent one. */
export function many({ status, text, digits, classes }) {
  const all = digits ?? classes;
  const read = all.filter(({ status }) => status !== 'not-a-digit');
  const least = Math.min(...read.map(({ probability }) => probability));
  const refused = read.length < all.length ? ` Not a digit: ${all.length - read.length}.` : '';
  put(
    status,
    text,
    `${read.length} ${digits ? 'digits' : 'in all'}: ${text.replaceAll('\n', ', ')}. The least sure: ${percent(least)}.${refused}`,
  );
}

classes([...'0123456789']);
