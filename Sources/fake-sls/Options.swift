import ArgumentParser

/// The command line as it was typed: nothing is checked here, so that `Settings` can report all mistakes at once.
struct Options: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Listen on this address; give it again for more.",
            discussion: "(default: 127.0.0.1 and, where it exists, ::1) FAKE_SLS_HOST, split by commas",
            valueName: "address"))
    var host: [String] = []

    @Option(
        help: ArgumentHelp(
            "Listen for HTTP on this port; 0 picks a free one.", discussion: "(default: 10180) FAKE_SLS_PORT"))
    var port: String?

    @Option(
        help: ArgumentHelp(
            "Listen for HTTPS on this port; 0 picks a free one.",
            discussion: "(default: no HTTPS port; CONNECT on the HTTP port works all the same) FAKE_SLS_TLS_PORT",
            valueName: "port"))
    var tlsPort: String?

    @Option(
        help: ArgumentHelp(
            "Show this certificate chain on the HTTPS port.",
            discussion: "(default: certificates made on demand by a CA of our own) FAKE_SLS_TLS_CERT",
            valueName: "file"))
    var tlsCert: String?

    @Option(
        help: ArgumentHelp(
            "Use this key with --tls-cert.", discussion: "(default: none) FAKE_SLS_TLS_KEY", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Keep the data, and the CA, in this folder; made when missing.",
            discussion: "(default: in memory, gone at exit) FAKE_SLS_DATA", valueName: "folder"))
    var data: String?

    @Option(
        name: .customLong("init"),
        help: ArgumentHelp(
            "Make the projects and logstores of this YAML file where they do not exist yet.",
            discussion: """
                Such as {projects: [{name: demo, logstores: [{name: app, shards: 4, ttl: 7}]}]}: docs/testing.md. \
                (default: none) FAKE_SLS_INIT
                """, valueName: "file"))
    var initial: String?

    @Option(
        help: ArgumentHelp(
            "Know the access keys of this file, a line id:secret for each.",
            discussion: """
                (default: fake-id:fake-secret) FAKE_SLS_ACCESS_KEYS holds the pairs themselves, split by commas or line \
                ends
                """, valueName: "file"))
    var accessKeys: String?

    @Option(
        help: ArgumentHelp(
            "Verify signatures: of all requests (strict), of known keys only (lenient), or not at all (off).",
            discussion: "(default: lenient) FAKE_SLS_AUTH", valueName: "off|lenient|strict"))
    var auth: String?

    @Option(
        help: ArgumentHelp(
            "Let this host stand for a project, such as a custom domain; give it again for more.",
            discussion: "(default: none) FAKE_SLS_DOMAIN, split by commas", valueName: "host=project"))
    var domain: [String] = []

    @Option(
        help: ArgumentHelp(
            "Let projects stand below this domain too; give it again for more.",
            discussion: """
                (default: none; localhost and the service's endpoints are known anyhow) FAKE_SLS_BASE_DOMAIN, split by \
                commas
                """, valueName: "domain"))
    var baseDomain: [String] = []

    @Option(
        help: ArgumentHelp(
            "Say that projects live in this region.", discussion: "(default: cn-hangzhou) FAKE_SLS_REGION",
            valueName: "region"))
    var region: String?

    @Option(
        help: ArgumentHelp(
            """
            Apply these quotas: no rates, 10 consumer groups per logstore, and 10,000 projects, logstores, shards and \
            documents of a kind to protect memory (relaxed); the documented ones (strict); or those of a YAML file.
            """,
            discussion: "(default: relaxed) FAKE_SLS_LIMITS", valueName: "relaxed|strict|file"))
    var limits: String?

    @Option(
        help: ArgumentHelp(
            "Behave as this YAML file says where the service's own way is unpublished.",
            discussion: """
                It may name \(RulesFile.keys.joined(separator: ", ")): docs/compatibility.md tells what they do. \
                (default: none) FAKE_SLS_RULES
                """, valueName: "file"))
    var rules: String?

    @Option(
        help: ArgumentHelp(
            "Let tests make things go wrong: faults, the clock and expiring consumers, over HTTP below /_fake/.",
            discussion: """
                (default: off, because anybody who reaches the port may then change what clients see) FAKE_SLS_CONTROL
                """, valueName: "on|off"))
    var control: String?

    @Option(
        help: ArgumentHelp(
            "Write the ready line to this file too, once every listener accepts.",
            discussion: "(default: none) FAKE_SLS_READY_FILE", valueName: "file"))
    var readyFile: String?

    @Option(
        help: ArgumentHelp(
            "Log from this level on, to stderr: trace, debug, info, notice, warning, error or critical.",
            discussion: "(default: info) FAKE_SLS_LOG_LEVEL", valueName: "level"))
    var logLevel: String?

    /// Everything else, so that it is reported together with the other mistakes.
    @Argument(parsing: .allUnrecognized, help: .hidden)
    var unknown: [String] = []
}
