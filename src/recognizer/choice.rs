//! Which of a picture's readings counts.

use super::{DIGITS, NOT_A_DIGIT, Prediction, Reading, Recognizer, passes_gate, probabilities};
use crate::error::Result;
use crate::metrics::argmax;
use crate::vision::{self, Candidate, Paper};
use ndarray::{Array1, Array2};

/// How much more the best of several readings counts than the others.
const SHARPNESS: f32 = 2.0;
/// By how much the most that a reading could score may fall below the least that the best one will: it would weigh
/// less than a hundredth of that.
const HOPELESS: f32 = 2.7;
/// Probability above which a drawing as it was found is not looked at by another pen too.
const SURE: f32 = 0.99;
/// How much of the doubt whether a reading is a digit at all counts against it beside other readings.
const GATE_SHARE: f32 = 0.95;

impl Recognizer {
    /// Weighs readings of a picture that is to show one digit.
    pub(crate) fn choose_one(&self, candidates: Vec<Candidate>) -> Result<Reading> {
        self.choose(candidates, NOT_A_DIGIT)
    }

    /// Weighs readings of the same digit: each counts by how plausible its ink is and by how sure the model is of it.
    /// What is a digit with less than the probability `least` is refused.
    pub(super) fn choose(&self, candidates: Vec<Candidate>, least: f32) -> Result<Reading> {
        if candidates.is_empty() {
            return Ok(Reading::BLANK);
        }
        if let Some((probabilities, outlier)) = self.at_first_sight(&candidates)? {
            let found = candidates.into_iter().next();
            return Ok(found.map_or(Reading::BLANK, |found| {
                self.reading(found, &probabilities, outlier, least)
            }));
        }
        let outliers = self.outliers_of(&candidates)?;
        let are_digits: Vec<bool> = outliers.iter().copied().map(passes_gate).collect();
        let costs = vision::size_costs(&candidates, &are_digits, self.gate.is_some());
        // What each could score at the most, if the model were sure.
        let best = |((candidate, outlier), cost): ((&Candidate, &f32), f32)| {
            candidate.plausibility - cost + (1.0 - GATE_SHARE * outlier).ln()
        };
        let limits: Vec<f32> = candidates.iter().zip(&outliers).zip(costs).map(best).collect();
        let highest = limits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        // Of C classes the most probable one has a probability of at least 1/C.
        let hopeless = HOPELESS + (self.model.class_names.len() as f32).ln();
        let kept = candidates.into_iter().zip(limits.into_iter().zip(outliers));
        let kept = kept.filter(|(_, (limit, _))| *limit >= highest - hopeless);
        let (candidates, (limits, outliers)): (Vec<Candidate>, (Vec<f32>, Vec<f32>)) = kept.unzip();
        let outliers = Array1::from(outliers);

        let probabilities = probabilities(&self.model, &images_of(&candidates))?;
        let scores: Vec<f32> = limits
            .iter()
            .zip(probabilities.outer_iter())
            .map(|(limit, row)| limit + row[argmax(&row)].ln())
            .collect();
        let best = argmax(&ndarray::aview1(&scores));
        // Another digit's ink says nothing about this one's.
        let weight = |(candidate, score): (&Candidate, &f32)| {
            let of_same_ink = candidate.area.overlaps(&candidates[best].area);
            if of_same_ink {
                (SHARPNESS * (score - scores[best])).exp()
            } else {
                0.0
            }
        };
        let weights: Array1<f32> = candidates.iter().zip(&scores).map(weight).collect();
        let mixed = weights.dot(&probabilities) / weights.sum();
        let outlier = weights
            .iter()
            .zip(&outliers)
            .map(|(weight, outlier)| weight * outlier)
            .sum::<f32>()
            / weights.sum();
        // Rounding may have gone beyond.
        let outlier = outlier.min(1.0);
        let digit = argmax(&mixed);
        let share = |index: &usize| weights[*index] * probabilities[[*index, digit]];
        let chosen = (0..candidates.len()).max_by(|a, b| share(a).total_cmp(&share(b)));
        let chosen = chosen.and_then(|chosen| candidates.into_iter().nth(chosen));
        Ok(chosen.map_or(Reading::BLANK, |candidate| {
            self.reading(candidate, &mixed, outlier, least)
        }))
    }

    /// The probabilities (C) of a drawing as it was found, and that of being no digit, if they leave no doubt: then
    /// nobody has to look at it by another pen too.
    fn at_first_sight(&self, candidates: &[Candidate]) -> Result<Option<(Array1<f32>, f32)>> {
        let [found, by_another_pen] = candidates else {
            return Ok(None);
        };
        let drawn = candidates
            .iter()
            .all(|candidate| candidate.method.paper == Paper::Border);
        if !drawn || found.area != by_another_pen.area {
            return Ok(None);
        }
        let outlier = self.outliers(&[&found.image])?[0];
        if outlier >= 1.0 - SURE {
            return Ok(None);
        }
        let probabilities = probabilities(&self.model, &[&found.image])?.row(0).to_owned();
        let sure = probabilities.iter().any(|&probability| probability > SURE);
        Ok(sure.then_some((probabilities, outlier)))
    }

    /// What `candidate` shows by these probabilities (C) of classes, and that of being none; refused as
    /// [`Recognizer::choose`] does.
    fn reading(
        &self,
        candidate: Candidate,
        probabilities: &Array1<f32>,
        outlier: f32,
        least: f32,
    ) -> Reading {
        let digit = argmax(probabilities);
        // Only the gate tells a digit of strokes that lie far apart from several digits.
        let apart = if self.reads_digits() {
            0
        } else {
            candidate.groups - 1
        };
        Reading {
            status: self.status(probabilities[digit], outlier, least),
            prediction: Some(Prediction {
                digit,
                probability: probabilities[digit],
                probabilities: probabilities.to_vec(),
                image: candidate.image.clone(),
            }),
            outlier,
            others: candidate.others + apart,
            candidate: Some(candidate),
        }
    }

    /// Probabilities (B) that candidates are no digits. Their images do not tell what is no stroke of a pen.
    fn outliers_of(&self, candidates: &[Candidate]) -> Result<Array1<f32>> {
        let mut outliers = self.outliers(&images_of(candidates))?;
        let strays = outliers.iter_mut().zip(candidates);
        strays
            .filter(|(_, candidate)| candidate.stray)
            .for_each(|(outlier, _)| *outlier = 1.0);
        Ok(outliers)
    }

    /// Probabilities (B) that 28×28 images are no digits: 0 if nobody knows.
    fn outliers(&self, images: &[&Array2<u8>]) -> Result<Array1<f32>> {
        match &self.gate {
            Some(gate) => Ok(probabilities(gate, images)?.column(DIGITS.len()).to_owned()),
            None => Ok(Array1::zeros(images.len())),
        }
    }
}

fn images_of(candidates: &[Candidate]) -> Vec<&Array2<u8>> {
    candidates.iter().map(|candidate| &candidate.image).collect()
}
