internal import SQLite

/// The tables. `user_version` counts the schema's changes.
enum Schema {
    static let version = 4

    /// Makes the tables in an empty database.
    ///
    /// - Returns: False for a database that another version of the program made.
    static func lay(in database: Database) throws(SQLiteError) -> Bool {
        let found = try database.row("PRAGMA user_version") { $0.int(0) } ?? 0
        guard found == 0 else {
            return found == version
        }
        try database.begin()
        try database.execute(tables)
        try database.execute("PRAGMA user_version = \(version)")
        try database.commit()
        return true
    }

    /// A log group's key is its shard's key in the high bits and its offset in the shard in the low bits: tables with a
    /// two-column key and large blobs are slow to write.
    private static let tables = """
        CREATE TABLE project (
            key INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            description TEXT NOT NULL,
            resource_group TEXT NOT NULL,
            redundancy TEXT NOT NULL,
            create_time INTEGER NOT NULL,
            modify_time INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE logstore (
            key INTEGER PRIMARY KEY,
            project INTEGER NOT NULL REFERENCES project (key) ON DELETE CASCADE,
            name TEXT NOT NULL,
            ttl INTEGER NOT NULL,
            hot_ttl INTEGER,
            enable_tracking INTEGER NOT NULL,
            auto_split INTEGER NOT NULL,
            max_split_shard INTEGER NOT NULL,
            append_meta INTEGER NOT NULL,
            telemetry_type TEXT NOT NULL,
            mode TEXT NOT NULL,
            next_shard INTEGER NOT NULL,
            create_time INTEGER NOT NULL,
            modify_time INTEGER NOT NULL,
            UNIQUE (project, name)
        ) STRICT;

        CREATE TABLE logstore_index (
            logstore INTEGER PRIMARY KEY REFERENCES logstore (key) ON DELETE CASCADE,
            document BLOB NOT NULL
        ) STRICT;

        -- The highest cursor number ever given in a logstore of that name, kept when the logstore goes.
        CREATE TABLE cursor_mark (
            project TEXT NOT NULL,
            logstore TEXT NOT NULL,
            number INTEGER NOT NULL,
            PRIMARY KEY (project, logstore)
        ) STRICT;

        CREATE TABLE shard (
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            logstore INTEGER NOT NULL REFERENCES logstore (key) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            is_readonly INTEGER NOT NULL,
            begin_key TEXT NOT NULL,
            end_key TEXT NOT NULL,
            -- Numbers joined by commas: where it came from, parents of parents included.
            ancestors TEXT NOT NULL,
            create_time INTEGER NOT NULL,
            first_cursor INTEGER NOT NULL,
            -- The number of the oldest log group that has not expired; the end where none is left.
            kept_from INTEGER NOT NULL,
            UNIQUE (logstore, number)
        ) STRICT;

        -- Exactly-once writes: the highest id accepted for each hash key; accept_time in nanoseconds since 1970.
        CREATE TABLE sequence_id (
            logstore INTEGER NOT NULL REFERENCES logstore (key) ON DELETE CASCADE,
            hash_key TEXT NOT NULL,
            number INTEGER NOT NULL,
            accept_time INTEGER NOT NULL,
            PRIMARY KEY (logstore, hash_key)
        ) STRICT, WITHOUT ROWID;

        -- compression: null for plain bytes, else a name as in x-log-compresstype.
        CREATE TABLE log_group (
            key INTEGER PRIMARY KEY,
            receive_time INTEGER NOT NULL,
            raw_size INTEGER NOT NULL,
            compression TEXT,
            data BLOB NOT NULL
        ) STRICT;

        CREATE TABLE consumer_group (
            key INTEGER PRIMARY KEY,
            logstore INTEGER NOT NULL REFERENCES logstore (key) ON DELETE CASCADE,
            name TEXT NOT NULL,
            timeout INTEGER NOT NULL,
            in_order INTEGER NOT NULL,
            create_time INTEGER NOT NULL,
            UNIQUE (logstore, name)
        ) STRICT;

        -- A row only while the consumer is alive.
        CREATE TABLE consumer (
            consumer_group INTEGER NOT NULL REFERENCES consumer_group (key) ON DELETE CASCADE,
            name TEXT NOT NULL,
            join_number INTEGER NOT NULL,
            PRIMARY KEY (consumer_group, name)
        ) STRICT;

        CREATE TABLE group_shard (
            consumer_group INTEGER NOT NULL REFERENCES consumer_group (key) ON DELETE CASCADE,
            shard INTEGER NOT NULL,
            state TEXT NOT NULL,
            holder TEXT,
            next_holder TEXT,
            checkpoint TEXT NOT NULL,
            update_time INTEGER NOT NULL,
            saved_by TEXT,
            PRIMARY KEY (consumer_group, shard)
        ) STRICT;

        -- What is only kept for others. project, logstore: 0 for what belongs to none.
        CREATE TABLE document (
            project INTEGER NOT NULL,
            logstore INTEGER NOT NULL,
            family TEXT NOT NULL,
            parent TEXT NOT NULL,
            name TEXT NOT NULL,
            body BLOB NOT NULL,
            create_time INTEGER NOT NULL,
            modify_time INTEGER NOT NULL,
            PRIMARY KEY (project, logstore, family, parent, name)
        ) STRICT;

        CREATE TABLE tag (
            type TEXT NOT NULL,
            resource TEXT NOT NULL,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (type, resource, key)
        ) STRICT;

        CREATE TRIGGER project_deleted AFTER DELETE ON project BEGIN
            DELETE FROM document WHERE project = OLD.key;
            DELETE FROM tag WHERE type = 'project' AND resource = OLD.name;
            DELETE FROM tag WHERE type = 'logstore'
                AND substr(resource, 1, length(OLD.name) + 1) = OLD.name || '#';
        END;

        CREATE TRIGGER logstore_deleted AFTER DELETE ON logstore BEGIN
            DELETE FROM document WHERE logstore = OLD.key;
            DELETE FROM tag WHERE type = 'logstore'
                AND resource = (SELECT name FROM project WHERE key = OLD.project) || '#' || OLD.name;
        END;
        """
}
