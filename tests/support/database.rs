//! A fresh database on PostgreSQL, where `TIDINGS_TEST_POSTGRES` names a server that may make some.

use sqlx::Connection;

/// A database of its own, which ends with its test.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// Returns `None`, and says so aloud, if there is no server.
    pub(crate) fn fresh(name: &str) -> Option<Self> {
        let Ok(server) = std::env::var("TIDINGS_TEST_POSTGRES") else {
            assert!(
                std::env::var("TIDINGS_TEST_ALL").is_err(),
                "TIDINGS_TEST_POSTGRES names no server"
            );
            eprintln!("skipped: TIDINGS_TEST_POSTGRES names no server");
            return None;
        };
        let database = Self {
            server,
            name: format!("tidings_{name}_{}", std::process::id()),
        };
        database.tell(format!("CREATE DATABASE {}", database.name));
        Some(database)
    }

    /// A copy of it as it is now. Nobody may be connected to it.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self {
            server: self.server.clone(),
            name: format!("{}_copy", self.name),
        };
        copy.tell(format!("DROP DATABASE IF EXISTS {}", copy.name));
        copy.tell(format!(
            "CREATE DATABASE {} TEMPLATE {}",
            copy.name, self.name
        ));
        copy
    }

    /// Takes it back to what a copy has.
    pub(crate) fn restore(&self, copy: &Self) {
        self.tell(format!("DROP DATABASE {} WITH (FORCE)", self.name));
        self.tell(format!(
            "CREATE DATABASE {} TEMPLATE {}",
            self.name, copy.name
        ));
    }

    /// Takes everything out of it.
    pub(crate) fn empty(&self) {
        self.tell(format!("DROP DATABASE {} WITH (FORCE)", self.name));
        self.tell(format!("CREATE DATABASE {}", self.name));
    }

    pub(crate) fn url(&self) -> String {
        let (base, _) = self.server.rsplit_once('/').unwrap();
        format!("{base}/{}", self.name)
    }

    /// Whether somebody has made a table in it.
    pub(crate) fn has_tables(&self) -> bool {
        let url = self.url();
        let asked = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
                sqlx::query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")
                    .fetch_optional(&mut connection)
                    .await
                    .unwrap()
                    .is_some()
            })
        });
        asked.join().unwrap()
    }

    /// Makes a schema in it.
    pub(crate) fn create_schema(&self, name: &str) {
        tell(&self.url(), format!("CREATE SCHEMA {name}"));
    }

    fn tell(&self, text: String) {
        tell(&self.server, text);
    }
}

/// Has the server do this.
fn tell(url: &str, text: String) {
    let url = url.to_owned();
    let told = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(text))
                .execute(&mut connection)
                .await
                .unwrap();
        });
    });
    told.join().unwrap();
}

impl Drop for Database {
    fn drop(&mut self) {
        self.tell(format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}
