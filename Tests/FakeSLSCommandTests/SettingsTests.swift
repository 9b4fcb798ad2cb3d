import ArgumentParser
import FakeSLS
import Logging
import SLSProtocol
import System
import Testing

@testable import fake_sls

@Suite struct SettingsTests {
    private func settings(_ arguments: [String] = [], _ environment: [String: String] = [:]) throws -> Settings {
        try Settings(Options.parse(arguments), environment: environment)
    }

    private func mistakes(_ arguments: [String], _ environment: [String: String] = [:]) throws -> [String] {
        let options = try Options.parse(arguments)
        return #expect(throws: Mistakes.self) { try Settings(options, environment: environment) }?.lines ?? []
    }

    private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
        let folder = try Files.makeTemporaryFolder(prefix: "settings-")
        defer { #expect(throws: Never.self) { try Files.removeTree(folder) } }
        try Files.write(Array(text.utf8), to: "\(folder)/file")
        try body("\(folder)/file")
    }

    @Test func `without options everything is at its default`() throws {
        let settings = try settings()
        #expect(settings.hosts == [])
        #expect(settings.port == 10_180)
        #expect(settings.tlsPort == nil)
        #expect(settings.dataFolder == nil)
        #expect(settings.accessKeys == ["fake-id": "fake-secret"])
        #expect(settings.authentication == .lenient)
        #expect(settings.limits == .relaxed)
        #expect(settings.rules == Rules())
        #expect(settings.baseDomains == [])
        #expect(settings.region == "cn-hangzhou")
        #expect(settings.readyFile == nil)
        #expect(settings.logLevel == .info)
    }

    @Test func `hosts stand for projects, from options or a variable, and mistakes are told`() throws {
        let shop = try ProjectName("shop")
        #expect(try settings(["--domain", "Logs.example.com=shop"]).domains == ["logs.example.com": shop])
        let variable = ["FAKE_SLS_DOMAIN": "a.example.com=shop,b.example.com=shop"]
        #expect(try settings([], variable).domains == ["a.example.com": shop, "b.example.com": shop])
        #expect(try mistakes(["--domain", "nonsense"]) == ["--domain nonsense: expected host=project"])
        #expect(
            try mistakes(["--domain", "a=shop", "--domain", "A=shop"]) == ["--domain A=shop: the host is there twice"])
        #expect(try mistakes(["--domain", "a=X"]).count == 1)
    }

    @Test func `base domains and the region come from options or variables, and mistakes are told`() throws {
        let two = ["--base-domain", "SLS.example.com", "--base-domain", "corp", "--region", "eu-central-1"]
        #expect(try settings(two).baseDomains == ["sls.example.com", "corp"])
        #expect(try settings(two).region == "eu-central-1")
        let variables = ["FAKE_SLS_BASE_DOMAIN": "a.test,b.test", "FAKE_SLS_REGION": "us-west-1"]
        #expect(try settings([], variables).baseDomains == ["a.test", "b.test"])
        #expect(try settings([], variables).region == "us-west-1")
        #expect(
            try mistakes(["--base-domain", "sls.test:80", "--base-domain", ".sls.test", "--region", "a b"]) == [
                "--base-domain sls.test:80: expected a domain, such as sls.example.com",
                "--base-domain .sls.test: expected a domain, such as sls.example.com",
                "--region a b: expected a region, such as cn-hangzhou",
            ])
    }

    @Test func `every option has a variable, and the option wins`() throws {
        let environment = [
            "FAKE_SLS_HOST": "127.0.0.2,::1", "FAKE_SLS_PORT": "1", "FAKE_SLS_TLS_PORT": "2", "FAKE_SLS_DATA": "/data",
            "FAKE_SLS_ACCESS_KEYS": "a:b,c:d:e\nf:g", "FAKE_SLS_AUTH": "strict", "FAKE_SLS_LIMITS": "strict",
            "FAKE_SLS_READY_FILE": "/ready", "FAKE_SLS_LOG_LEVEL": "error", "FAKE_SLS_TLS_CERT": "",
        ]
        let fromVariables = try settings([], environment)
        #expect(fromVariables.hosts == ["127.0.0.2", "::1"])
        #expect(fromVariables.port == 1)
        #expect(fromVariables.tlsPort == 2)
        #expect(fromVariables.dataFolder == "/data")
        #expect(fromVariables.accessKeys == ["a": "b", "c": "d:e", "f": "g"])
        #expect(fromVariables.authentication == .strict)
        #expect(fromVariables.limits == .strict)
        #expect(fromVariables.readyFile == "/ready")
        #expect(fromVariables.logLevel == .error)

        let fromOptions = try settings(
            ["--host", "127.0.0.3", "--host", "127.0.0.4", "--port", "3", "--auth", "off", "--limits", "relaxed"],
            environment)
        #expect(fromOptions.hosts == ["127.0.0.3", "127.0.0.4"])
        #expect(fromOptions.port == 3)
        #expect(fromOptions.authentication == .off)
        #expect(fromOptions.limits == .relaxed)
    }

    @Test func `all mistakes are reported at once, each by the name of its option or variable`() throws {
        let lines = try mistakes(
            [
                "--port", "65536", "--tls-cert", "/nowhere/cert", "--auth", "maybe", "--log-level", "loud",
                "--access-keys", "/nowhere/keys", "--init", "/nowhere/init", "--control", "maybe", "--frobnicate",
            ], ["FAKE_SLS_TLS_PORT": "https", "FAKE_SLS_LIMITS": "/nowhere/limits"])
        #expect(
            lines == [
                "--port 65536: expected a port, 0 to 65535",
                "FAKE_SLS_TLS_PORT https: expected a port, 0 to 65535",
                "--tls-cert /nowhere/cert: no such file",
                "--tls-cert: needs --tls-key",
                "--access-keys /nowhere/keys: open \"/nowhere/keys\": No such file or directory",
                "--auth maybe: expected one of off, lenient, strict",
                "--log-level loud: expected one of trace, debug, info, notice, warning, error, critical",
                "FAKE_SLS_LIMITS /nowhere/limits: open \"/nowhere/limits\": No such file or directory",
                "--control maybe: expected one of on, off",
                "--init /nowhere/init: open \"/nowhere/init\": No such file or directory",
                "--frobnicate: unknown option or argument",
            ])
    }

    @Test func `the control API is off unless it is asked for`() throws {
        #expect(try settings([], [:]).servesControl == false)
        #expect(try settings(["--control", "on"], [:]).servesControl)
        #expect(try settings([], ["FAKE_SLS_CONTROL": "on"]).servesControl)
        #expect(try settings(["--control", "off"], ["FAKE_SLS_CONTROL": "on"]).servesControl == false)
    }

    @Test func `a certificate needs its key and a port`() throws {
        try withFile("x") { file in
            #expect(try mistakes(["--tls-key", file]) == ["--tls-key: needs --tls-cert"])
            #expect(try mistakes(["--tls-key", file, "--tls-cert", file]) == ["--tls-cert: needs --tls-port"])
            let settings = try settings(["--tls-key", file, "--tls-cert", file, "--tls-port", "0"])
            #expect(settings.certificate == .init(chain: file, key: file))
        }
    }

    @Test func `a file of access keys takes the place of the default ones`() throws {
        try withFile("# ours\n\nid1:secret1\r\n  id2:se:cret2  \n") { file in
            let keys = try settings(["--access-keys", file]).accessKeys
            #expect(keys == ["id1": "secret1", "id2": "se:cret2"])
        }
    }

    @Test func `mistakes in access keys name the line and show no secret`() throws {
        try withFile("id1:one\nhunter2\nid1:two\n:x\n") { file in
            let lines = try mistakes(["--access-keys", file])
            #expect(
                lines == [
                    "--access-keys \(file) line 2: expected id:secret",
                    "--access-keys \(file) line 3: the id id1 is there twice",
                    "--access-keys \(file) line 4: expected id:secret",
                ])
        }
        #expect(try mistakes([], ["FAKE_SLS_ACCESS_KEYS": ","]) == ["FAKE_SLS_ACCESS_KEYS: holds no access key"])
    }

    @Test func `a limits file sets what it names, all else stays relaxed`() throws {
        try withFile("consumer-groups-per-logstore: 20\nprojects: 5\n") { file in
            let limits = try settings(["--limits", file]).limits
            #expect(limits.consumerGroupsPerLogstore == 20)
            #expect(limits.projects == 5)
            #expect(limits.logstoresPerProject == Limits.relaxed.logstoresPerProject)
        }
        let rates = Limits.Rate.allCases.map { "\($0.rawValue): 7\n" }.joined()
        try withFile(rates + "alerts-per-project: 0\n") { file in
            let limits = try settings(["--limits", file]).limits
            for rate in Limits.Rate.allCases { #expect(limits[rate] == 7) }
            #expect(limits.alertsPerProject == 0)
        }
        try withFile("shard-write-calls-per-second: -1\nproject-write-bytes-per-minute: 1000000000001\n") { file in
            let lines = try mistakes(["--limits", file])
            #expect(lines.count == 2)
            #expect(lines.first?.contains("line 1, column 31: shard-write-calls-per-second: expected a") == true)
            #expect(lines.last?.contains("line 2, column 33: project-write-bytes-per-minute: expected a") == true)
        }
        try withFile("projects: many\ngroups: 3\n") { file in
            let lines = try mistakes(["--limits", file])
            #expect(lines.count == 2)
            #expect(lines.first?.hasPrefix("--limits \(file): line 2, column 1: unknown key \"groups\"") == true)
            #expect(lines.last?.hasPrefix("--limits \(file): line 1, column 11: projects: expected a whole") == true)
        }
    }

    @Test func `a rules file sets what it names, all else stays at its default`() throws {
        try withFile("misspells-codes: true\nsequence-id-lifetime-seconds: 86400\nlongest-timeout-seconds: 300\n") {
            file in
            var wanted = Rules()
            wanted.groups.misspellsCodes = true
            wanted.groups.timeoutSeconds = 1...300
            wanted.writes.sequenceIDLifetime = .seconds(86_400)
            let found = [try settings(["--rules", file]), try settings([], ["FAKE_SLS_RULES": file])]
            #expect(found.map(\.rules) == [wanted, wanted])
        }
        let all =
            Rules.Switch.allCases.map { "\($0.rawValue): true\n" }
            + Rules.Figure.allCases.map {
                "\($0.rawValue): 417\n"
            }
        try withFile(all.joined()) { file in
            let rules = try settings(["--rules", file]).rules
            for name in Rules.Switch.allCases { #expect(rules[name]) }
            for name in Rules.Figure.allCases { #expect(rules[name] == 417) }
        }
    }

    @Test func `mistakes in a rules file are told by name, line and column`() throws {
        let text = """
            forgets-sequence-ids: true
            misspells-codes: yes
            group-quota-status: 503
            shortest-timeout-seconds: 10
            longest-timeout-seconds: 9
            """
        try withFile(text) { file in
            let lines = try mistakes(["--rules", file]).map { $0.dropFirst("--rules \(file): ".count) }
            #expect(lines.count == 4)
            #expect(lines[0].hasPrefix("line 1, column 1: unknown key \"forgets-sequence-ids\"; known here: "))
            #expect(lines[1].hasPrefix("line 2, column 18: misspells-codes: expected true or false"))
            #expect(lines[2].hasPrefix("line 3, column 21: group-quota-status: expected a whole number"))
            #expect(
                lines[3]
                    == "line 5, column 26: longest-timeout-seconds: 9 is below shortest-timeout-seconds, which is 10")
        }
    }

    @Test func `the help names every key of a rules file`() {
        let help = FakeSLSCommand.helpMessage(columns: 10_000)
        for name in RulesFile.keys { #expect(help.contains(name), "\(name)") }
    }

    @Test func `an init file names what to make`() throws {
        let text = """
            projects:
              - name: demo
                description: for tests
                logstores:
                  - name: app
                    shards: 4
                    ttl: 7
                  - name: web
              - name: empty
            """
        try withFile(text) { file in
            let projects = try settings(["--init", file]).stores
            #expect(projects.map(\.name.value) == ["demo", "empty"])
            #expect(projects[0].description == "for tests")
            #expect(projects[0].logstores.map(\.name.value) == ["app", "web"])
            #expect(projects[0].logstores.map(\.shardCount) == [4, 2])
            #expect(projects[0].logstores.map(\.ttlDays) == [7, 30])
        }
    }

    @Test func `every mistake in an init file has its line and column`() throws {
        let text = """
            projects:
              - name: Demo
              - name: demo
                logstore: []
                logstores:
                  - name: app
                    shards: 0
                  - name: web
                    ttl: 4000
                  - shards: 2
                  - name: log
                  - name: log
            """
        try withFile(text) { file in
            let lines = try mistakes(["--init", file])
            let places = lines.map { $0.dropFirst("--init \(file): ".count).split(separator: ":")[0] }
            #expect(
                places == [
                    "line 2, column 11", "line 4, column 5", "line 7, column 17", "line 9, column 14",
                    "line 10, column 9", "project demo",
                ])
            #expect(lines.last?.hasSuffix("project demo: logstore log is there twice") == true)
        }
    }
}
