/// A certificate authority in a folder.
public final class CertificateAuthority: Sendable {}
