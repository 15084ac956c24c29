//! What hostile updates may cost.
use super::*;

#[test]
fn many_items_at_one_place_do_not_take_for_ever() {
    // Each begins a text anew beside all others: the worst that the order of Yjs can be given.
    let mut document = new_document();
    let mut refused = 0;
    for client in 0..40 {
        let structs = (0..1000)
            .map(|clock| item(clock, 1, Content::Text("x".into())))
            .collect();
        let update = update_of(1000 - client, structs, Vec::new());
        refused += document
            .apply(&batch(&[&update]), false)
            .unwrap()
            .refused
            .len();
    }
    assert_eq!(refused, 0);
    assert_eq!(document.text().unwrap().len(), 40_000);
    assert_eq!(copy_of(&document).text(), document.text());
}

/// A document with one item of this content in a text, and what an update of deletes took.
fn cut(len: u32, content: Content<'static>, deletes: Vec<Deleted>) -> (Box<Document>, u64) {
    let mut document = new_document();
    let first = update_of(1, vec![item(0, len, content)], Vec::new());
    assert!(
        document
            .apply(&batch(&[&first]), false)
            .unwrap()
            .refused
            .is_empty()
    );
    let update = wire::write(&Update {
        sections: Vec::new(),
        deletes,
    });
    let (mut change, mut waiting) = (Change::default(), Waiting::default());
    update::apply(&mut document.store, &mut change, &mut waiting, &update).unwrap();
    let steps = change.steps;
    let changed = update::finish(&mut document.store, change);
    let mut copy = new_document();
    copy.load(&batch(&[&first, &changed])).unwrap();
    assert_eq!(copy.diff(&[0]), document.diff(&[0]));
    (document, steps)
}

/// The last clock of each `step`.
fn every(step: u32, end: u32) -> Vec<Deleted> {
    let clocks = (1..=end / step).rev().map(|place| place * step - 1);
    clocks
        .map(|clock| Deleted {
            client: 1,
            clock,
            len: 1,
        })
        .collect()
}

#[test]
fn cutting_a_long_text_to_pieces_takes_little() {
    // 4 MB, in which places in bytes are not those in UTF-16 units.
    let units = 2_000_000;
    let text = "ä".repeat(units as usize);
    let (document, steps) = cut(units, Content::Text(text.into()), every(20, units));
    assert_eq!(document.text().unwrap().chars().count(), 1_900_000);
    let each = steps / u64::from(units / 20);
    assert!(each < 140, "{each} steps a deletion");
}

#[test]
fn cutting_many_characters_in_two_takes_little() {
    let units = 1_000_000;
    let text = "😀".repeat(units as usize / 2);
    let (document, steps) = cut(units, Content::Text(text.into()), every(2, units));
    assert_eq!(document.text().unwrap(), "\u{fffd}".repeat(500_000));
    let each = steps / u64::from(units / 2);
    assert!(each < 260, "{each} steps a deletion");
    assert!(document.store.text.len() < 10_000_000);
}

#[test]
fn cutting_a_long_list_of_values_takes_little() {
    let count = 1_000_000;
    let (_, steps) = cut(
        count,
        Content::Any(vec![120; count as usize].into()),
        every(20, count),
    );
    let each = steps / u64::from(count / 20);
    assert!(each < 2200, "{each} steps a deletion");
}

#[test]
fn a_range_that_is_deleted_again_and_again_takes_little() {
    let ranges = vec![
        Deleted {
            client: 1,
            clock: 0,
            len: 100_000,
        };
        1000
    ];
    let (_, steps) = cut(100_000, Content::Text("ab".repeat(50_000).into()), ranges);
    assert!(steps < 200, "{steps}");
}

#[test]
fn what_takes_two_bytes_takes_no_item() {
    let gc = (0..100_000).map(|clock| {
        let mut it = item(clock, 1, Content::Gc);
        it.parent = Parent::Copied;
        it
    });
    let mut document = new_document();
    let (mut change, mut waiting) = (Change::default(), Waiting::default());
    let update = update_of(1, gc.collect(), Vec::new());
    update::apply(&mut document.store, &mut change, &mut waiting, &update).unwrap();
    assert_eq!(document.store.items.len(), 1);
    update::finish(&mut document.store, change);
    assert_eq!(document.store.clock_of(1), 100_000);
    assert_eq!(copy_of(&document).state_vector(), document.state_vector());
}

#[test]
fn many_values_of_one_key_take_little() {
    let mut structs = Vec::new();
    for clock in 0..100_000 {
        let mut it = item(clock, 1, Content::Any(vec![120].into()));
        it.sub = Some("key".into());
        structs.push(it);
    }
    let mut document = new_document();
    let mut change = Change::default();
    let update = update_of(1, structs, Vec::new());
    let mut waiting = Waiting::default();
    update::apply(&mut document.store, &mut change, &mut waiting, &update).unwrap();
    assert!(change.steps < 1_000_000, "{}", change.steps);
}

#[test]
fn what_was_accepted_in_steps_loads_at_once() {
    // Each of `others` claims a place between the begin and the end of all of `base`, so that each is
    // compared with all of it.
    let embeds = 5_000;
    let base = (0..embeds).map(|clock| {
        let mut it = item(clock, 1, Content::Embed("1".into()));
        it.origin = clock.checked_sub(1).map(|clock| Id { client: 1, clock });
        it
    });
    let mut updates = vec![update_of(1, base.collect(), Vec::new())];
    for client in 2..52 {
        let others = (0..220).map(|clock| {
            let mut it = item(clock, 1, Content::Embed("2".into()));
            it.right_origin = Some(Id {
                client: 1,
                clock: embeds - 1,
            });
            it
        });
        updates.push(update_of(client, others.collect(), Vec::new()));
    }
    let mut document = new_document();
    for update in &updates {
        let applied = document.apply(&batch(&[update]), false).unwrap();
        assert!(applied.refused.is_empty());
    }
    let state = document.diff(&[0]).unwrap();
    let mut copy = new_document();
    let at_once = copy.apply(&batch(&[&state]), false).unwrap();
    assert_eq!(at_once.refused, [0], "it takes no more than one update may");
    let mut copy = new_document();
    assert!(copy.load(&batch(&[&state])).unwrap().is_empty());
    assert_eq!(copy.diff(&[0]).unwrap(), state);
}
