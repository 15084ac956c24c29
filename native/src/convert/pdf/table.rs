//! Tables on pages.
use super::flow::{BOTTOM, Flow, INNER, LINE, PLAIN};
use super::lines::{Atom, Base};
use super::rows::{Row, rows};
use super::{Draw, MARGIN, bidi};
use crate::convert::Outcome;
use crate::convert::model::Line;

const PADDING: f32 = 4.0;
const MAX_COLUMNS: usize = 60;

impl Flow<'_, '_> {
    pub fn table(&mut self, table: &[&[Line]]) -> Outcome<()> {
        let columns = table
            .iter()
            .map(|it| it.len())
            .max()
            .unwrap_or(0)
            .clamp(1, MAX_COLUMNS);
        let base = Base {
            size: if columns > 8 { 7.5 } else { 9.5 },
            ..PLAIN
        };
        let mut widest = vec![0.0f32; columns];
        let mut least = vec![0.0f32; columns];
        let mut cells: Vec<Vec<Vec<Atom>>> = Vec::with_capacity(table.len());
        for row in table {
            let mut made = Vec::with_capacity(columns);
            for (column, cell) in row.iter().take(columns).enumerate() {
                let atoms = self.atoms(cell, &base, INNER / columns as f32 - 2.0 * PADDING);
                let all: f32 = atoms.iter().map(|it| it.width + it.space).sum();
                let one = atoms.iter().map(|it| it.width).fold(0.0, f32::max);
                widest[column] = widest[column].max(all.min(INNER * 0.7));
                least[column] = least[column].max(one.min(INNER * 0.4));
                made.push(atoms);
            }
            cells.push(made);
        }
        let widths = share(&widest, &least);
        self.space(4.0);
        for (row, atoms) in table.iter().zip(cells) {
            let mut shown: Vec<Vec<Row>> = Vec::with_capacity(columns);
            for (column, atoms) in atoms.into_iter().enumerate() {
                let cell = &row[column];
                let mut made = rows(
                    atoms,
                    widths[column] - 2.0 * PADDING,
                    cell.align,
                    bidi::is_rtl(cell),
                    &base,
                );
                made.reverse();
                shown.push(made);
            }
            self.table_row(shown, &widths)?;
        }
        self.space(9.0);
        Ok(())
    }

    /// The lines of each cell, the last first. A row that is higher than what is left goes on on the next page.
    fn table_row(&mut self, mut cells: Vec<Vec<Row>>, widths: &[f32]) -> Outcome<()> {
        let whole = cells
            .iter()
            .map(|it| it.iter().map(|row| row.height).sum())
            .fold(0.0, f32::max);
        if whole + 2.0 * PADDING <= BOTTOM - MARGIN {
            self.need(whole + 2.0 * PADDING)?;
        }
        loop {
            let room = BOTTOM - self.y - 2.0 * PADDING;
            let mut height = 0.0f32;
            let (mut draws, mut x) = (Vec::new(), MARGIN);
            for (cell, width) in cells.iter_mut().zip(widths) {
                let mut used = 0.0;
                while let Some(row) = cell.last() {
                    let first = used == 0.0 && self.is_at_top();
                    if used + row.height > room && !first {
                        break;
                    }
                    let (own, y) = (row.height, self.y + PADDING + used);
                    if let Some(row) = cell.pop() {
                        draws.extend(row.draws.into_iter().map(|it| it.moved(x + PADDING, y)));
                    }
                    used += own;
                }
                height = height.max(used);
                x += width;
            }
            let done = cells.iter().all(Vec::is_empty);
            if height > 0.0 || done {
                self.grid(widths, height + 2.0 * PADDING);
                draws.into_iter().for_each(|it| self.put(it));
                self.y += height + 2.0 * PADDING;
            }
            if done {
                return Ok(());
            }
            self.page()?;
        }
    }

    fn grid(&mut self, widths: &[f32], height: f32) {
        const THIN: f32 = 0.6;
        let (mut x, y, color) = (MARGIN, self.y, LINE);
        let all: f32 = widths.iter().sum();
        for y in [y, y + height] {
            self.put(Draw::Rect {
                x,
                y,
                width: all + THIN,
                height: THIN,
                color,
            });
        }
        self.put(Draw::Rect {
            x,
            y,
            width: THIN,
            height,
            color,
        });
        for width in widths {
            x += width;
            self.put(Draw::Rect {
                x,
                y,
                width: THIN,
                height,
                color,
            });
        }
    }
}

/// Widths of columns: what their text wants, or less of it where that is too much.
fn share(widest: &[f32], least: &[f32]) -> Vec<f32> {
    let pad = 2.0 * PADDING + 1.0;
    let want: Vec<f32> = widest.iter().map(|it| it + pad).collect();
    let least: Vec<f32> = least.iter().map(|it| it + pad).collect();
    let (all, small): (f32, f32) = (want.iter().sum(), least.iter().sum());
    if all <= INNER {
        let more = (INNER - all) / want.len() as f32;
        return want.iter().map(|it| it + more).collect();
    }
    if small >= INNER || all - small < 0.1 {
        return vec![INNER / want.len() as f32; want.len()];
    }
    let part = (INNER - small) / (all - small);
    want.iter()
        .zip(&least)
        .map(|(want, least)| least + (want - least) * part)
        .collect()
}
