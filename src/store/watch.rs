//! Says that a lock on the server keeps a statement waiting, whichever statement that is.

use std::sync::LazyLock;
use std::time::Duration;

use sqlx::{AnyConnection, AnyPool, Connection, Row};
use tokio::time::sleep;

use crate::store::Result;
use crate::store::wait::Wait;
use crate::token::random_id;

/// The time between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// A connection that is in use at so many looks may wait.
const LONG: u32 = 2;

/// The end of the name by which the server knows each connection of this process.
static LABEL: LazyLock<String> = LazyLock::new(|| format!("tidings-{:x}", random_id()));

/// The statement that names a connection, behind a name of the owner's.
pub(super) fn label_connection() -> String {
    format!(
        "SELECT set_config('application_name', \
         ltrim(left(current_setting('application_name'), 37) || ' {}'), false)",
        *LABEL
    )
}

/// Looks as long as the pool is open, until something was told. A look that is needed asks by a connection of its own: all
/// of the pool's may wait.
pub(super) async fn watch_locks(pool: AnyPool, address: String, wait: Wait) {
    let closed = pool.close_event();
    tokio::pin!(closed);
    let mut busy = 0;
    let mut own: Option<AnyConnection> = None;
    loop {
        tokio::select! {
            () = &mut closed => break,
            () = sleep(LOOK) => {}
        }
        let is_idle = usize::try_from(pool.size()).is_ok_and(|size| size <= pool.num_idle());
        busy = if is_idle { 0 } else { busy + 1 };
        if busy < LONG {
            continue;
        }
        // A server that cannot be asked is named by whoever needs it.
        match is_held(&mut own, &address).await {
            Ok(true) => {
                wait.tell();
                break;
            }
            Ok(false) => {}
            Err(_) => own = None,
        }
    }
    if let Some(own) = own {
        let _ = own.close().await;
    }
}

/// Whether a connection of this process waits for a lock.
async fn is_held(own: &mut Option<AnyConnection>, address: &str) -> Result<bool> {
    let connection = match own {
        Some(connection) => connection,
        None => own.insert(AnyConnection::connect(address).await?),
    };
    let row = sqlx::query(
        "SELECT COUNT(*) AS held FROM pg_stat_activity \
         WHERE application_name LIKE $1 AND wait_event_type = 'Lock'",
    )
    .bind(format!("%{}", *LABEL))
    .fetch_one(connection)
    .await?;
    Ok(row.try_get::<i64, _>("held")? > 0)
}
