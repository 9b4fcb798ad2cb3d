/// Who asks: an access key, and the token that belongs to a temporary one. Printing it shows none of them.
public struct Credentials: Sendable, Hashable {
    /// The key's public half.
    public var accessKeyID: String
    /// The key's secret half; it never leaves this process.
    public var accessKeySecret: String
    /// The STS token of temporary credentials; sent as `x-acs-security-token`.
    public var securityToken: String?

    /// Takes the parts as they are.
    public init(accessKeyID: String, accessKeySecret: String, securityToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.accessKeySecret = accessKeySecret
        self.securityToken = securityToken
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `Credentials([redacted])`.
    public var description: String { "Credentials(\(redaction))" }
    /// The same.
    public var debugDescription: String { description }
    /// Shows no children, so that `dump` tells nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Takes secrets out of a text that came from elsewhere: servers repeat keys and signatures in their messages.
    func redacted(_ text: String, alsoHiding signature: String) -> String {
        let secrets = [accessKeySecret, securityToken ?? "", accessKeyID, signature]
        return secrets.filter { !$0.isEmpty }.reduce(text) { text, secret in
            text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: redaction)
        }
    }
}

private let redaction = "[redacted]"
