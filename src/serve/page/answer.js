// The answer: the digit, in words for eyes and ears, and a bar for each of the ten.

const $ = (id) => document.getElementById(id);
/** A screen reader hears the answer once it has stayed for so long, in milliseconds. */
const CALM = 900;
let calm = 0;

const rows = Array.from({ length: 10 }, (_, digit) => {
  const row = $('bars').tBodies[0].insertRow();
  const name = document.createElement('th');
  name.scope = 'row';
  name.textContent = digit;
  row.append(name);
  const bar = document.createElement('div');
  bar.className = 'bar';
  bar.append(document.createElement('i'));
  row.insertCell().append(bar);
  row.cells[1].setAttribute('aria-hidden', 'true');
  const number = row.insertCell();
  number.textContent = '–';
  return { row, bar: bar.firstChild, number };
});

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
  rows.forEach(({ row, bar, number }, digit) => {
    const probability = probabilities?.[digit];
    bar.style.width = `${100 * (probability ?? 0)}%`;
    number.textContent = probability === undefined ? '–' : percent(probability);
    row.classList.toggle('first', digit === best);
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

/** Shows the server's answer about one digit. */
export function one({ status, digit, probability, probabilities }) {
  if (status === 'blank') put(status, '–', 'Blank: there is no ink.');
  else if (status === 'not-a-digit') put(status, '?', 'Not a digit.');
  else if (status === 'uncertain') put(status, String(digit), `Perhaps a ${digit}: ${percent(probability)}.`);
  else put(status, String(digit), `It is a ${digit}: ${percent(probability)}.`);
  bars(probabilities, digit);
}

/** Shows the server's answer about several digits; the bars stay those of the most prominent one. */
export function many({ text, digits }) {
  const least = Math.min(...digits.map(({ probability }) => probability));
  put('digit', text, `${digits.length} digits: ${text.replaceAll('\n', ', ')}. The least sure: ${percent(least)}.`);
}
