//! Futures side by side: a few, so that each may be asked whenever one of them has something.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// Something that is being done.
pub(crate) type Task<'t, T> = Pin<Box<dyn Future<Output = T> + 't>>;

/// What the first of them brings that is done; it is taken out. Waits for ever where there is none.
pub(crate) async fn first<T>(tasks: &mut Vec<Task<'_, T>>) -> T {
    poll_fn(|context| {
        for place in 0..tasks.len() {
            let Some(task) = tasks.get_mut(place) else {
                continue;
            };
            if let Poll::Ready(done) = task.as_mut().poll(context) {
                drop(tasks.swap_remove(place));
                return Poll::Ready(done);
            }
        }
        Poll::Pending
    })
    .await
}
