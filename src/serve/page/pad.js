// The drawing area: strokes or a picture, what was there before, and a pen for mouse, finger and keyboard.
// Places are in shares of the area's side, so that a drawing does not depend on the screen.

/** Side in pixels of the drawing that is sent. */
const SENT = 280;
/** How far an arrow key moves the pen, and with Shift. */
const STEP = 0.02;
const LONG_STEP = 0.08;

const NOTHING = { strokes: [], picture: null };

export class Pad {
  /** `changed` is called whenever something else is drawn. */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.changed = changed;
    this.now = NOTHING;
    this.past = [];
    this.future = [];
    this.stroke = null;
    this.width = 0.07;
    this.boxes = [];
    this.pen = { x: 0.5, y: 0.5, down: false, shown: false };
    this.listen();
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  get empty() {
    return this.now.strokes.length === 0 && !this.now.picture && !this.stroke;
  }

  get picture() {
    return this.now.picture;
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener('pointerdown', (event) => {
      if (!event.isPrimary || event.button !== 0) return;
      this.lift();
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      this.pen.shown = false;
      this.begin(this.place(event));
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!this.stroke || !event.isPrimary || this.pen.down) return;
      const all = event.getCoalescedEvents?.() ?? [];
      for (const each of all.length ? all : [event]) this.stroke.points.push(this.place(each));
      this.moved();
    });
    canvas.addEventListener('pointerup', (event) => event.isPrimary && !this.pen.down && this.end());
    canvas.addEventListener('pointercancel', (event) => {
      if (!event.isPrimary || this.pen.down) return;
      this.stroke = null;
      this.moved();
    });
    canvas.addEventListener('keydown', (event) => this.key(event));
    canvas.addEventListener('blur', () => {
      this.lift();
      this.pen.shown = false;
      this.draw();
    });
  }

  place(event) {
    const area = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - area.left) / area.width, y: (event.clientY - area.top) / area.height };
  }

  begin(point) {
    // Whoever draws on a picture wants a new drawing.
    if (this.now.picture) this.become(NOTHING);
    this.stroke = { width: this.width, points: [point] };
    this.moved();
  }

  end() {
    if (!this.stroke) return;
    const stroke = this.stroke;
    this.stroke = null;
    this.become({ strokes: [...this.now.strokes, stroke], picture: null });
  }

  moved() {
    this.boxes = [];
    this.draw();
    this.changed();
  }

  /** Arrow keys and Space. */
  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    const { pen } = this;
    if (event.key === ' ') {
      event.preventDefault();
      // A held key puts the pen down once; and the mouse may be drawing.
      if (event.repeat || (this.stroke && !pen.down)) return;
      pen.shown = true;
      if (pen.down) {
        this.lift();
      } else {
        pen.down = true;
        this.begin({ x: pen.x, y: pen.y });
      }
    } else if (move && !event.ctrlKey && !event.altKey && !event.metaKey) {
      const step = event.shiftKey ? LONG_STEP : STEP;
      pen.shown = true;
      pen.x = Math.min(1, Math.max(0, pen.x + step * move[0]));
      pen.y = Math.min(1, Math.max(0, pen.y + step * move[1]));
      if (pen.down && this.stroke) {
        this.stroke.points.push({ x: pen.x, y: pen.y });
        this.moved();
      }
      this.draw();
    } else {
      return;
    }
    event.preventDefault();
  }

  lift() {
    this.pen.down = false;
    this.end();
    this.draw();
  }

  /** What is there from here on; what was there can be had back. */
  become(next) {
    this.past.push(this.now);
    this.future = [];
    this.now = next;
    this.moved();
  }

  clear() {
    this.stroke = null;
    this.pen.down = false;
    if (!this.empty) this.become(NOTHING);
    else this.moved();
  }

  show(picture) {
    this.stroke = null;
    this.pen.down = false;
    this.become({ strokes: [], picture });
  }

  undo() {
    if (this.stroke || this.past.length === 0) return;
    this.future.push(this.now);
    this.now = this.past.pop();
    this.moved();
  }

  redo() {
    if (this.stroke || this.future.length === 0) return;
    this.past.push(this.now);
    this.now = this.future.pop();
    this.moved();
  }

  /** The file to send: the picture as it came, or the strokes, black on white. */
  async file() {
    if (this.now.picture) return this.now.picture.file;
    const sheet = new OffscreenCanvas(SENT, SENT);
    const context = sheet.getContext('2d');
    context.fillStyle = '#fff';
    context.fillRect(0, 0, SENT, SENT);
    this.ink(context, SENT, '#000');
    return sheet.convertToBlob({ type: 'image/png' });
  }

  /** Frames around the digits of an answer, in pixels of the file that was sent. */
  frame(boxes) {
    this.boxes = boxes;
    this.draw();
  }

  draw() {
    const { canvas, context } = this;
    const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const style = getComputedStyle(canvas);
    context.clearRect(0, 0, side, side);
    const fit = this.paint(context, side);
    this.ink(context, side, style.getPropertyValue('--ink'));
    context.strokeStyle = style.getPropertyValue('--accent');
    context.lineWidth = 2 * devicePixelRatio;
    for (const { left, top, width, height } of this.boxes) {
      context.strokeRect(fit.left + left * fit.scale, fit.top + top * fit.scale, width * fit.scale, height * fit.scale);
    }
    if (this.pen.shown) {
      context.beginPath();
      context.arc(this.pen.x * side, this.pen.y * side, (this.width * side) / 2 + 2, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  /** Paints the picture, as large as it fits; where it is. */
  paint(context, side) {
    const picture = this.now.picture;
    if (!picture) return { left: 0, top: 0, scale: side / SENT };
    const { image } = picture;
    const scale = side / Math.max(image.width, image.height);
    const [left, top] = [(side - image.width * scale) / 2, (side - image.height * scale) / 2];
    context.imageSmoothingEnabled = scale < 2;
    context.drawImage(image, left, top, image.width * scale, image.height * scale);
    return { left, top, scale };
  }

  ink(context, side, colour) {
    context.strokeStyle = context.fillStyle = colour;
    context.lineCap = context.lineJoin = 'round';
    for (const { width, points } of this.stroke ? [...this.now.strokes, this.stroke] : this.now.strokes) {
      context.lineWidth = width * side;
      context.beginPath();
      context.moveTo(points[0].x * side, points[0].y * side);
      if (points.length === 1) context.lineTo(points[0].x * side + 0.01, points[0].y * side);
      // From middle to middle, bent by the points between: no corners where the pointer was seen.
      for (let i = 1; i < points.length; i++) {
        const [a, b] = [points[i - 1], points[i]];
        context.quadraticCurveTo(a.x * side, a.y * side, ((a.x + b.x) / 2) * side, ((a.y + b.y) / 2) * side);
      }
      const last = points[points.length - 1];
      context.lineTo(last.x * side, last.y * side);
      context.stroke();
    }
  }
}
