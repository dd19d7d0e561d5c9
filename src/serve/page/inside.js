// What the network saw and did.

const $ = (id) => document.getElementById(id);

/** Draws `value(row, column)`, a colour of four numbers, into a canvas of that size. */
function pixels(canvas, width, height, value) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      image.data.set(value(row, column), 4 * (row * width + column));
    }
  }
  context.putImageData(image, 0, 0);
}

const grey = (shade) => [shade, shade, shade, 255];

/** Shows the image that the network saw; `image` is row by row. */
export function seen(image) {
  pixels($('seen'), 28, 28, (row, column) => grey(image ? image[28 * row + column] : 0));
}

/** Shows the layers' channels, each layer as rows of small images. */
export function layers(all) {
  $('maps').replaceChildren(
    ...all.flatMap(({ name, height, width, channels, values }) => {
      const title = document.createElement('h3');
      const size = height * width > 1 ? `${channels} channels of ${height} × ${width}` : `${channels} numbers`;
      title.textContent = `${name}: ${size}`;
      const canvas = document.createElement('canvas');
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', `Activations of the layer ${title.textContent}`);
      // A line of a few hundred pixels, with a pixel between the channels.
      const across = height * width > 1 ? Math.min(channels, 16) : channels;
      const down = Math.ceil(channels / across);
      const [wide, high] = [across * (width + 1) - 1, down * (height + 1) - 1];
      pixels(canvas, wide, high, (row, column) => {
        const [y, x] = [row % (height + 1), column % (width + 1)];
        const channel = Math.floor(row / (height + 1)) * across + Math.floor(column / (width + 1));
        const inside = y < height && x < width && channel < channels;
        return inside ? grey(values[(y * width + x) * channels + channel]) : [0, 0, 0, 0];
      });
      const zoom = height * width > 1 ? Math.max(1, Math.min(4, Math.round(480 / wide))) : Math.max(4, Math.floor(480 / wide));
      canvas.style.width = `${wide * zoom}px`;
      canvas.style.height = height * width > 1 ? 'auto' : '14px';
      return [title, canvas];
    }),
  );
}

/** Shows which ink mattered: the digit, coloured by how much of its probability goes when a place is covered. */
export function mattered(image, { cover, step, places, lost }) {
  const most = Math.max(0.02, ...lost.map(Math.abs));
  const style = getComputedStyle($('mattered'));
  const [forIt, against, paper] = ['--accent', '--against', '--ink'].map((name) => colour(style.getPropertyValue(name)));
  // Each pixel takes the mean of all places of the square that cover it.
  const weight = (row, column) => {
    let [sum, count] = [0, 0];
    for (let down = 0; down < places; down++) {
      if (row < down * step || row >= down * step + cover) continue;
      for (let right = 0; right < places; right++) {
        if (column < right * step || column >= right * step + cover) continue;
        sum += lost[down * places + right];
        count += 1;
      }
    }
    return count ? sum / count / most : 0;
  };
  const weights = Array.from({ length: 784 }, (_, i) => weight(Math.floor(i / 28), i % 28));
  pixels($('mattered'), 28, 28, (row, column) => {
    const ink = image ? image[28 * row + column] / 255 : 0;
    const share = Math.min(1, Math.sqrt(Math.abs(weights[28 * row + column])));
    const tint = weights[28 * row + column] < 0 ? against : forIt;
    const mixed = paper.map((shade, i) => Math.round(shade * (1 - share) + tint[i] * share));
    return [...mixed, Math.round(255 * ink * (0.35 + 0.65 * share))];
  });
}

/** The three numbers of a colour like #17202e. */
function colour(text) {
  const number = parseInt(text.trim().slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}
