//! Maps pooled to grids.

use crate::graph::{Pool, PoolKind, Shape};

/// Windows of a maximum pool that lie side by side over a whole map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Windows in a column and in a row.
    pub extent: (usize, usize),
    /// Rows and columns of a window; the last ones may reach beyond the map.
    pub window: (usize, usize),
}

impl Grid {
    /// At most `most` windows along each axis.
    pub fn of(shape: Shape, most: usize) -> Grid {
        Grid::by(shape, (shape.h.div_ceil(most), shape.w.div_ceil(most)))
    }

    /// Windows of two rows and columns, as those of FreeML's separate exits.
    pub fn halves(shape: Shape) -> Grid {
        Grid::by(shape, (shape.h.min(2), shape.w.min(2)))
    }

    fn by(shape: Shape, window: (usize, usize)) -> Grid {
        Grid { extent: (shape.h.div_ceil(window.0), shape.w.div_ceil(window.1)), window }
    }

    /// Number of windows.
    pub fn windows(&self) -> usize {
        self.extent.0 * self.extent.1
    }

    /// The pool of these windows.
    pub fn pool(&self) -> Pool {
        Pool {
            kind: PoolKind::Max,
            kernel: self.window,
            stride: self.window,
            pad_rows: (0, 0),
            pad_cols: (0, 0),
        }
    }

    /// `map`, rows of columns of channels, pooled; appended to `out` in the same order.
    pub fn pool_into(&self, map: &[i16], shape: Shape, out: &mut Vec<i16>) {
        let (rows, cols) = self.window;
        for top in (0..shape.h).step_by(rows) {
            for left in (0..shape.w).step_by(cols) {
                let start = out.len();
                out.extend(std::iter::repeat_n(i16::MIN, shape.c));
                for y in top..(top + rows).min(shape.h) {
                    for x in left..(left + cols).min(shape.w) {
                        let pixel = &map[(y * shape.w + x) * shape.c..][..shape.c];
                        for (largest, &value) in out[start..].iter_mut().zip(pixel) {
                            *largest = value.max(*largest);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_cover_the_map() {
        let shape = |h, w| Shape { c: 3, h, w };
        assert_eq!(Grid::of(shape(12, 12), 4), Grid { extent: (4, 4), window: (3, 3) });
        assert_eq!(Grid::of(shape(15, 6), 4), Grid { extent: (4, 3), window: (4, 2) });
        assert_eq!(Grid::of(shape(1, 60), 4), Grid { extent: (1, 4), window: (1, 15) });
        assert_eq!(Grid::of(shape(1, 1), 4), Grid { extent: (1, 1), window: (1, 1) });
        assert_eq!(Grid::halves(shape(5, 1)), Grid { extent: (3, 1), window: (2, 1) });
    }

    #[test]
    fn windows_keep_maxima() {
        let map = [1, -1, 5, -5, 2, -2, 3, -3, 0, 0, 9, -9];
        let shape = Shape { c: 2, h: 2, w: 3 };
        let mut out = Vec::new();
        Grid::halves(shape).pool_into(&map, shape, &mut out);
        assert_eq!(out, [5, 0, 9, -2]);
    }
}
