//! The least ops that lead from one content to another.
use super::ops::Op;

pub fn between(_old: &[Op], _new: &[Op], length: u32) -> Vec<Op> {
    let mut ops = _new.to_vec();
    if length > 0 {
        ops.push(Op::Delete(length));
    }
    ops
}
