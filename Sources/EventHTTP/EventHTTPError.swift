/// Why a server or its certificates could not be set up.
public struct EventHTTPError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong, for callers that react to it.
    public enum Kind: Sendable, Equatable {
        /// Another socket has the address and port.
        case addressInUse
        /// The address cannot be listened on: not of this machine, not allowed, or not an address.
        case address
        /// A certificate or key: unreadable, broken, or not belonging together.
        case certificate
        /// libevent or OpenSSL could not do something that should always work, such as allocate.
        case library
        /// The configuration contradicts itself.
        case configuration
    }

    /// What went wrong.
    public let kind: Kind
    /// One line that names the address or file, and what C code said.
    public let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
