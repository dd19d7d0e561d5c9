//! Which of a picture's readings counts.

use super::{DIGITS, NOT_A_DIGIT, Prediction, Reading, Recognizer, probabilities};
use crate::error::Result;
use crate::metrics::argmax;
use crate::vision::{self, Candidate};
use ndarray::{Array1, Array2, Axis, concatenate};

/// How much more the best of several readings counts than the others.
const SHARPNESS: f32 = 2.0;
/// By how much a reading that the model has not seen may fall behind the best one: it would not weigh a hundredth of that one,
/// whose most probable digit has a probability of at least a tenth.
const HOPELESS: f32 = 5.0;
/// Probability above which a drawing as it was found is not looked at by another pen too.
const SURE: f32 = 0.99;
/// How much of the doubt whether a reading is a digit at all counts against it beside other readings.
const GATE_SHARE: f32 = 0.95;

impl Recognizer {
    /// Weighs readings of the same digit: each counts by how plausible its ink is and by how sure the model is of it.
    pub(crate) fn choose(&self, candidates: Vec<Candidate>) -> Result<Reading> {
        if candidates.is_empty() {
            return Ok(Reading::BLANK);
        }
        let outliers = self.outliers(&images_of(&candidates))?;
        let are_digits: Vec<bool> = outliers.iter().map(|&outlier| outlier < NOT_A_DIGIT).collect();
        let costs = vision::size_costs(&candidates, &are_digits);
        // What each could score at the most, if the model were sure.
        let best = |((candidate, outlier), cost): ((&Candidate, &f32), f32)| {
            candidate.plausibility - cost + (1.0 - GATE_SHARE * outlier).ln()
        };
        let limits: Vec<f32> = candidates.iter().zip(&outliers).zip(costs).map(best).collect();
        let highest = limits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let kept = candidates.into_iter().zip(limits.into_iter().zip(outliers));
        let kept = kept.filter(|(_, (limit, _))| *limit >= highest - HOPELESS);
        let (candidates, (limits, outliers)): (Vec<Candidate>, (Vec<f32>, Vec<f32>)) = kept.unzip();
        let outliers = Array1::from(outliers);

        let (candidates, probabilities) = self.look_at(candidates, &outliers)?;
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
        let digit = argmax(&mixed);
        let Some(chosen) = (0..candidates.len()).max_by(|&a, &b| {
            let share = |index: usize| weights[index] * probabilities[[index, digit]];
            share(a).total_cmp(&share(b))
        }) else {
            return Ok(Reading::BLANK);
        };
        let candidate = candidates.into_iter().nth(chosen);
        let prediction = candidate.as_ref().map(|candidate| Prediction {
            digit,
            probability: mixed[digit],
            probabilities: mixed.to_vec(),
            image: candidate.image.clone(),
        });
        Ok(Reading {
            status: self.status(mixed[digit], outlier),
            prediction,
            outlier,
            others: candidate.as_ref().map_or(0, |candidate| candidate.others),
            candidate,
        })
    }

    /// The probabilities (B, C) of candidates: of those by another pen only if those as they were found leave a doubt.
    fn look_at(
        &self,
        mut candidates: Vec<Candidate>,
        outliers: &Array1<f32>,
    ) -> Result<(Vec<Candidate>, Array2<f32>)> {
        let drawn = candidates
            .iter()
            .all(|candidate| candidate.method.polarity.is_none());
        if let [found, by_another_pen] = &candidates[..]
            && drawn
            && found.area == by_another_pen.area
            && outliers[0] < 1.0 - SURE
        {
            let alone = probabilities(&self.model, &[&found.image])?;
            if alone.iter().any(|&probability| probability > SURE) {
                candidates.truncate(1);
                return Ok((candidates, alone));
            }
            let other = probabilities(&self.model, &[&by_another_pen.image])?;
            return Ok((candidates, concatenate![Axis(0), alone, other]));
        }
        let all = probabilities(&self.model, &images_of(&candidates))?;
        Ok((candidates, all))
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
