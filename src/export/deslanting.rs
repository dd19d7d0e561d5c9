//! Deslanting in operators of ONNX: [`crate::nn::Layer::Deslant`] has the formula.

use super::onnx::Graph;
use super::proto::AttributeProto;
use crate::dataset::{PIXELS, SIDE};
use crate::nn::MIDDLE;

impl Graph {
    /// The images `x`, (N, 784) or (N, 1, 28, 28), deslanted, of the same shape.
    ///
    /// Linear interpolation between neighbours is a sum over all pixels k of the row, each weighted by max(0, 1 − |k − place|).
    pub(super) fn deslanted(&mut self, x: &str, flat: bool) -> String {
        let number = self.len();
        let name = |what: &str| format!("deslant.{number}.{what}");
        let side = SIDE as i64;
        let (one, tiny) = (name("one"), name("tiny"));
        self.floats(&one, &[], &[1.0]);
        self.floats(&tiny, &[], &[f32::MIN_POSITIVE]);
        let rows = self.ints(&[-1, PIXELS as i64]);
        let ink = self.node("Reshape", &[x, &rows], vec![]);
        let place = |pixel: usize| [pixel / SIDE, pixel % SIDE].map(|place| place as f32 - MIDDLE);

        // Σp, and the means of y, x, y·y and x·y, each (N, 1).
        let mut sum = |what: &str, of: fn([f32; 2]) -> f32| {
            let factors: Vec<f32> = (0..PIXELS).map(|pixel| of(place(pixel))).collect();
            self.floats(&name(what), &[PIXELS, 1], &factors);
            self.node("MatMul", &[&ink, &name(what)], vec![])
        };
        let all = sum("all", |_| 1.0);
        let sums = [
            sum("y", |[y, _]| y),
            sum("x", |[_, x]| x),
            sum("yy", |[y, _]| y * y),
            sum("xy", |[y, x]| x * y),
        ];
        let some = self.node("Max", &[&all, &tiny], vec![]);
        let [y, x_mean, yy, xy] = sums.map(|sum| self.node("Div", &[&sum, &some], vec![]));
        let product = self.node("Mul", &[&x_mean, &y], vec![]);
        let covariance = self.node("Sub", &[&xy, &product], vec![]);
        let square = self.node("Mul", &[&y, &y], vec![]);
        let variance = self.node("Sub", &[&yy, &square], vec![]);
        let least = self.node("Max", &[&variance, &one], vec![]);
        let slant = self.node("Div", &[&covariance, &least], vec![]);

        // How far each row moves, (N, 28), and with axes for columns out and columns in, (N, 28, 1, 1).
        let heights: Vec<f32> = (0..SIDE).map(|row| row as f32 - MIDDLE).collect();
        self.floats(&name("rows"), &[1, SIDE], &heights);
        let away = self.node("Sub", &[&name("rows"), &y], vec![]);
        let shifts = self.node("Mul", &[&slant, &away], vec![]);
        let shape = self.ints(&[-1, side, 1, 1]);
        let shifts = self.node("Reshape", &[&shifts, &shape], vec![]);

        let differences = (0..PIXELS).map(|pixel| (pixel % SIDE) as f32 - (pixel / SIDE) as f32);
        self.floats(
            &name("columns"),
            &[1, 1, SIDE, SIDE],
            &differences.collect::<Vec<_>>(),
        );
        let distance = self.node("Sub", &[&name("columns"), &shifts], vec![]);
        let distance = self.node("Abs", &[&distance], vec![]);
        let near = self.node("Sub", &[&one, &distance], vec![]);
        let weights = self.node("Relu", &[&near], vec![]);
        let shape = self.ints(&[-1, side, 1, side]);
        let pixels = self.node("Reshape", &[&ink, &shape], vec![]);
        let terms = self.node("Mul", &[&weights, &pixels], vec![]);
        let axes = self.ints(&[3]);
        let sums = self.node(
            "ReduceSum",
            &[&terms, &axes],
            vec![AttributeProto::int("keepdims", 0)],
        );
        let shape = if flat {
            vec![-1, PIXELS as i64]
        } else {
            vec![-1, 1, side, side]
        };
        let shape = self.ints(&shape);
        self.node("Reshape", &[&sums, &shape], vec![])
    }
}
