//! What a layer's numbers for one sample stand for.

/// An image of several channels; a plain row of numbers is one pixel of many channels.
///
/// In memory the channels of a pixel are neighbours, and the pixels lie row by row.
///
/// ```
/// use digits::nn::Shape;
///
/// assert_eq!(Shape::from([28, 28, 1]).len(), 784);
/// assert_eq!(Shape::from(10), Shape { height: 1, width: 1, channels: 10 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// Numbers of a pixel.
    pub channels: usize,
}

impl Shape {
    /// How many numbers that is.
    ///
    /// ```
    /// assert_eq!(digits::nn::Shape::from([7, 7, 32]).len(), 1568);
    /// ```
    #[allow(clippy::len_without_is_empty)]
    pub fn len(self) -> usize {
        self.height
            .saturating_mul(self.width)
            .saturating_mul(self.channels)
    }
}

impl From<usize> for Shape {
    fn from(channels: usize) -> Self {
        Self {
            height: 1,
            width: 1,
            channels,
        }
    }
}

impl From<[usize; 3]> for Shape {
    fn from([height, width, channels]: [usize; 3]) -> Self {
        Self {
            height,
            width,
            channels,
        }
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self {
                height: 1,
                width: 1,
                channels,
            } => write!(formatter, "{channels}"),
            Self {
                height,
                width,
                channels,
            } => write!(formatter, "{height}×{width}×{channels}"),
        }
    }
}
