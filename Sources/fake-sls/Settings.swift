import FakeSLS
import Logging
import SLSProtocol
import System

/// What the program was told to do: options, else variables, else defaults; checked as a whole.
struct Settings: Sendable {
    /// Empty: the loopback addresses.
    var hosts: [String] = []
    var port = 10_180
    var tlsPort: Int?
    var certificate: FakeSLSServer.CertificateFiles?
    var dataFolder: String?
    var stores: [InitialProject] = []
    var accessKeys: [String: String] = [:]
    var domains: [String: ProjectName] = [:]
    var baseDomains: [String] = []
    var region = EmulatorConfiguration().region
    var authentication = EmulatorConfiguration.Authentication.lenient
    var limits = Limits.relaxed
    var rules = Rules()
    var servesControl = false
    var readyFile: String?
    var logLevel = Logger.Level.info

    /// Reads the files that the options name, and reports every mistake.
    init(_ options: Options, environment: [String: String]) throws(Mistakes) {
        var input = SettingsReader(options: options, environment: environment)
        hosts = input.hosts()
        port = input.port("--port", options.port) ?? port
        tlsPort = input.port("--tls-port", options.tlsPort)
        certificate = input.certificate(hasPort: tlsPort != nil)
        dataFolder = input.text("--data", options.data)?.value
        accessKeys = input.accessKeys()
        domains = input.domains()
        baseDomains = input.baseDomains()
        region = input.region() ?? region
        authentication = input.choice("--auth", options.auth) ?? authentication
        logLevel = input.choice("--log-level", options.logLevel) ?? logLevel
        limits = input.limits()
        rules = input.rules()
        servesControl = input.choice("--control", options.control, of: Switch.self) == .on
        stores = input.stores(limits: limits)
        readyFile = input.text("--ready-file", options.readyFile)?.value
        for word in options.unknown { input.mistakes.add("\(word): unknown option or argument") }
        if !input.mistakes.isEmpty { throw input.mistakes }
    }
}
