/// A value as SQLite stores it.
public enum Value: Equatable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob(ArraySlice<UInt8>)
}

/// What may stand for a `?` of a statement. Its bytes are copied when it is bound.
public protocol Bindable {
    /// The value as SQLite stores it.
    var sqliteValue: Value { get }
}

extension Value: Bindable {
    /// Itself.
    public var sqliteValue: Value { self }
}

extension Int: Bindable {
    /// A 64-bit integer.
    public var sqliteValue: Value { .integer(Int64(self)) }
}

extension Int64: Bindable {
    /// A 64-bit integer.
    public var sqliteValue: Value { .integer(self) }
}

extension Bool: Bindable {
    /// 0 or 1.
    public var sqliteValue: Value { .integer(self ? 1 : 0) }
}

extension Double: Bindable {
    /// A floating-point number.
    public var sqliteValue: Value { .real(self) }
}

extension String: Bindable {
    /// UTF-8 text.
    public var sqliteValue: Value { .text(self) }
}

extension [UInt8]: Bindable {
    /// A blob, never null.
    public var sqliteValue: Value { .blob(self[...]) }
}

extension ArraySlice<UInt8>: Bindable {
    /// A blob of the bytes the slice shows, never null.
    public var sqliteValue: Value { .blob(self) }
}

extension Optional: Bindable where Wrapped: Bindable {
    /// Null for nil.
    public var sqliteValue: Value { self?.sqliteValue ?? .null }
}
