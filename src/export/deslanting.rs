//! Deslanting in operators of ONNX: [`crate::nn::Layer::Deslant`] has the formula.

use super::onnx::Graph;
use super::proto::{AttributeProto, INT64};
use crate::dataset::{PIXELS, SIDE};
use crate::nn::MIDDLE;

impl Graph {
    /// The images `x`, (N, 1, 28, 28), deslanted, of the same shape.
    pub(super) fn deslanted(&mut self, x: &str) -> String {
        let place = |pixel: usize| [pixel / SIDE, pixel % SIDE].map(|place| place as f32 - MIDDLE);
        let side = SIDE as i64;
        let rows = self.ints(&[-1, PIXELS as i64]);
        let ink = self.node("Reshape", &[x, &rows], vec![]);

        // Σp, and the means of y, x, y·y and x·y, each (N, 1); all are 0 if there is no ink.
        let mut sum = |name: &str, of: fn([f32; 2]) -> f32| {
            let factors: Vec<f32> = (0..PIXELS).map(|pixel| of(place(pixel))).collect();
            self.floats(name, &[PIXELS, 1], &factors);
            self.node("MatMul", &[&ink, name], vec![])
        };
        let total = sum("deslant.all", |_| 1.0);
        let sums = [
            sum("deslant.y", |[y, _]| y),
            sum("deslant.x", |[_, x]| x),
            sum("deslant.yy", |[y, _]| y * y),
            sum("deslant.xy", |[y, x]| x * y),
        ];
        self.floats("deslant.zero", &[], &[0.0]);
        self.floats("deslant.one", &[], &[1.0]);
        let some = self.node("Greater", &[&total, "deslant.zero"], vec![]);
        let [y, x_mean, yy, xy] = sums.map(|sum| {
            let mean = self.node("Div", &[&sum, &total], vec![]);
            self.node("Where", &[&some, &mean, "deslant.zero"], vec![])
        });
        let product = self.node("Mul", &[&x_mean, &y], vec![]);
        let covariance = self.node("Sub", &[&xy, &product], vec![]);
        let square = self.node("Mul", &[&y, &y], vec![]);
        let variance = self.node("Sub", &[&yy, &square], vec![]);
        let least = self.node("Max", &[&variance, "deslant.one"], vec![]);
        let slant = self.node("Div", &[&covariance, &least], vec![]);

        // How far each row moves, (N, 28, 1): whole columns, and the share of one that is left.
        let heights: Vec<f32> = (0..SIDE).map(|row| row as f32 - MIDDLE).collect();
        self.floats("deslant.rows", &[1, SIDE], &heights);
        let away = self.node("Sub", &["deslant.rows", &y], vec![]);
        let shifts = self.node("Mul", &[&slant, &away], vec![]);
        // What is no number, or too large for a whole one, would be no place in a row.
        self.floats("deslant.far", &[], &[1e3]);
        let distance = self.node("Abs", &[&shifts], vec![]);
        let near = self.node("Less", &[&distance, "deslant.far"], vec![]);
        let shifts = self.node("Where", &[&near, &shifts, "deslant.zero"], vec![]);
        let shape = self.ints(&[-1, side, 1]);
        let shifts = self.node("Reshape", &[&shifts, &shape], vec![]);
        let whole = self.node("Floor", &[&shifts], vec![]);
        let share = self.node("Sub", &[&shifts, &whole], vec![]);

        // Where a pixel's left and right neighbours are in a row with a column of background on either side.
        let shape = self.ints(&[-1, side, side]);
        let ink = self.node("Reshape", &[x, &shape], vec![]);
        let pads = self.ints(&[0, 0, 1, 0, 0, 1]);
        let ink = self.node("Pad", &[&ink, &pads], vec![]);
        self.floats("deslant.last", &[], &[side as f32 + 1.0]);
        let mut neighbours = |name: &str, from: usize| {
            let columns: Vec<f32> = (from..from + SIDE).map(|column| column as f32).collect();
            self.floats(name, &[1, 1, SIDE], &columns);
            let places = self.node("Add", &[&whole, name], vec![]);
            let places = self.node("Clip", &[&places, "deslant.zero", "deslant.last"], vec![]);
            let int64 = AttributeProto::int("to", INT64.into());
            let places = self.node("Cast", &[&places], vec![int64]);
            let columns = AttributeProto::int("axis", 2);
            self.node("GatherElements", &[&ink, &places], vec![columns])
        };
        let (left, right) = (neighbours("deslant.left", 1), neighbours("deslant.right", 2));
        let further = self.node("Sub", &[&right, &left], vec![]);
        let further = self.node("Mul", &[&share, &further], vec![]);
        let upright = self.node("Add", &[&left, &further], vec![]);
        let shape = self.ints(&[-1, 1, side, side]);
        self.node("Reshape", &[&upright, &shape], vec![])
    }
}
