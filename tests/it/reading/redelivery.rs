//! How long the queue waits before it brings a message again.

use waypost_core::wire::redelivery_delay;

#[test]
fn it_grows_and_then_stays() {
    let delays: Vec<_> = (1..=100).map(redelivery_delay).collect();
    assert_eq!(delays[..11], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600]);
    assert!(delays.is_sorted());
    assert_eq!(redelivery_delay(0), 1);
    assert_eq!(redelivery_delay(u32::MAX), 600);
}

#[test]
fn it_outlasts_an_outage_of_hours() {
    let seconds: u32 = (1..=100).map(redelivery_delay).sum();
    assert!(seconds > 15 * 3600, "{seconds}");
}
