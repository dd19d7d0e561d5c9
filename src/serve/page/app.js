// Joins the drawing area, the server and what is shown.

import * as answer from './answer.js';
import * as inside from './inside.js';
import { Pad } from './pad.js';

const $ = (id) => document.getElementById(id);
/** After such a pause, in milliseconds, it is worth looking inside. */
const PAUSE = 200;

const pad = new Pad($('pad'), changed);
let model = { samples: 0, collects: false, classes: [] };
let asking = false;
let newer = false;
let version = 0;
let pause = 0;

/** What the server answers; its error, if it has one. */
async function get(route, options) {
  const reply = await fetch(route, options).catch(() => {
    throw new Error('The server does not answer.');
  });
  const content = await reply.json();
  if (!reply.ok) throw new Error(content.error);
  return content;
}

/** What the server answers to a picture. */
const ask = (route, file) =>
  get(route, { method: 'POST', body: file, headers: { 'Content-Type': file.type || 'image/png' } });

/** Shows what went wrong, and nothing of what was right before. */
function failed(problem) {
  answer.failed(problem.message);
  nothingInside();
  marks(null);
}

function nothingInside() {
  inside.seen(null);
  inside.mattered(null, { cover: 1, step: 1, places: 0, lost: [] });
  inside.layers([]);
}

function changed() {
  version += 1;
  $('hint').hidden = !pad.empty;
  $('undo').disabled = pad.past.length === 0;
  $('redo').disabled = pad.future.length === 0;
  const source = pad.picture?.words;
  $('source').hidden = !source;
  $('source').textContent = source ?? '';
  $('marked').textContent = '';
  clearTimeout(pause);
  if (pad.empty) {
    answer.nothing();
    nothingInside();
    marks(null);
    return;
  }
  pause = setTimeout(lookInside, PAUSE);
  refresh();
}

/** Asks about what is drawn now; while an answer is awaited, only remembers to ask again. */
async function refresh() {
  if (asking) {
    newer = true;
    return;
  }
  asking = true;
  do {
    newer = false;
    const asked = version;
    try {
      const file = await pad.file();
      const found = await ask('predict', file);
      if (pad.empty) break;
      answer.one(found);
      const several = found.others > 0 && asked === version ? await ask('predict?many=1', file) : null;
      if (asked === version) {
        const digits = several?.digits ?? several?.classes ?? [];
        if (digits.length > 1) answer.many(several);
        pad.frame(digits.length > 1 ? digits.map(({ box }) => box) : pad.picture && found.box ? [found.box] : []);
        marks(digits.length > 1 ? null : found);
      }
    } catch (problem) {
      if (asked === version) failed(problem);
    }
  } while (newer);
  asking = false;
}

async function lookInside() {
  const asked = version;
  try {
    const file = await pad.file();
    const [activations, occlusion] = await Promise.all([ask('activations', file), ask('occlusion', file)]);
    if (asked !== version) return;
    inside.seen(activations.image);
    inside.mattered(activations.image, occlusion);
    inside.layers(activations.layers);
  } catch {
    // The answer's own request has said what is wrong.
  }
}

/** Offers to keep the drawing, if the server does; `found` is what it was taken for. */
function marks(found) {
  $('marks').hidden = !model.collects || !found || found.status === 'blank';
  for (const button of document.querySelectorAll('#marks button')) {
    button.setAttribute('aria-pressed', 'false');
    button.classList.toggle('first', Number(button.textContent) === found?.digit);
  }
}

for (let digit = 0; digit < 10; digit++) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = digit;
  button.addEventListener('click', async () => {
    try {
      const { right } = await ask(`marks?label=${digit}`, await pad.file());
      $('marked').textContent = right ? `Kept: right, a ${digit}.` : `Kept: wrong, it is a ${digit}.`;
      for (const other of document.querySelectorAll('#marks button')) {
        other.setAttribute('aria-pressed', String(other === button));
      }
    } catch (problem) {
      $('marked').textContent = problem.message;
    }
  });
  document.querySelector('#marks .tools').append(button);
}

/** Shows a picture file, unless something else is drawn or asked for before the browser has decoded it. */
async function open(file, words) {
  const asked = ++version;
  try {
    const image = await createImageBitmap(file);
    if (asked === version) pad.show({ file, image, words });
  } catch {
    if (asked !== version) return;
    pad.clear();
    answer.failed(`${file.name || 'That'} is not a picture that this browser can show.`);
  }
}

async function random() {
  const asked = ++version;
  try {
    const { index, label, pixels } = await get('random');
    const sheet = new OffscreenCanvas(28, 28);
    const context = sheet.getContext('2d');
    const image = context.createImageData(28, 28);
    pixels.forEach((ink, i) => image.data.set([ink, ink, ink, 255], 4 * i));
    context.putImageData(image, 0, 0);
    const file = await sheet.convertToBlob({ type: 'image/png' });
    if (asked === version) await open(file, `Test image ${index}, labelled ${model.classes[label] ?? label}.`);
  } catch (problem) {
    if (asked === version) failed(problem);
  }
}

// The map of what mattered is drawn in the page's colours.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => !pad.empty && lookInside());

function width(change) {
  const range = $('width');
  range.value = Number(range.value) + change;
  pad.width = range.value / 100;
  pad.draw();
}

$('clear').addEventListener('click', () => pad.clear());
$('undo').addEventListener('click', () => pad.undo());
$('redo').addEventListener('click', () => pad.redo());
$('width').addEventListener('input', () => width(0));
$('choose').addEventListener('click', () => $('file').click());
$('file').addEventListener('change', () => {
  const [file] = $('file').files;
  if (file) open(file, file.name);
  $('file').value = '';
});
$('random').addEventListener('click', random);

document.addEventListener('keydown', (event) => {
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (key === 'escape') pad.clear();
  else if (command && key === 'z' && event.shiftKey) pad.redo();
  else if (command && key === 'z') pad.undo();
  else if (command && key === 'y') pad.redo();
  else if (!command && key === '[') width(-1);
  else if (!command && key === ']') width(1);
  else return;
  event.preventDefault();
});
document.addEventListener('paste', (event) => {
  const [file] = event.clipboardData.files;
  if (file) open(file, file.name);
});
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  $('frame').classList.add('over');
});
document.addEventListener('dragleave', () => $('frame').classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  $('frame').classList.remove('over');
  const [file] = event.dataTransfer.files;
  if (file) open(file, file.name);
});

changed();
try {
  model = await get('model');
  const networks = model.members > 1 ? `${model.members} networks` : 'one network';
  $('model').textContent = `Model ${model.name}: ${networks}, ${model.parameters.toLocaleString('en')} parameters. digits ${model.version}.`;
  $('random').hidden = model.samples === 0;
  if (model.classes.join() !== '0,1,2,3,4,5,6,7,8,9') {
    $('title').textContent = 'Draw what it knows';
    $('random').textContent = 'Test image';
    answer.classes(model.classes);
    changed();
  }
} catch (problem) {
  failed(problem);
}
