#ifndef SWIFT_SLS_CSQLITE_SHIM_H
#define SWIFT_SLS_CSQLITE_SHIM_H

#include <sqlite3.h>

// SQLITE_STATIC and SQLITE_TRANSIENT are casts, which Swift does not import.

static inline int csqlite_bind_text_copying(sqlite3_stmt *statement, int index, const char *text, int byte_count) {
    return sqlite3_bind_text(statement, index, text, byte_count, SQLITE_TRANSIENT);
}
static inline int csqlite_bind_blob_borrowing(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 byte_count) {
    return sqlite3_bind_blob64(statement, index, bytes, byte_count, SQLITE_STATIC);
}
static inline int csqlite_bind_blob_copying(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 byte_count) {
    return sqlite3_bind_blob64(statement, index, bytes, byte_count, SQLITE_TRANSIENT);
}

#endif
