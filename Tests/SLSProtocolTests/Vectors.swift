import SLSProtocol

/// Bytes and signatures made by the official Python SDK 0.9.52 with its clock frozen at 2024-03-05T06:07:08Z and the
/// secret `testAccessKeySecret`; the lists were decoded by that SDK. To make them again: patch `time.time`, put one log
/// group through `LogClient.put_log_raw`, record the request.
enum Vectors {
    static let secret = "testAccessKeySecret"
    static let group = bytes(
        "0a39088ced9aaf0612060a016b12017612240a036d7367121d68656c6c6f2068656c6c6f2068656c6c6f2068656c6c6f2068656c6c6f"
            + "25000171051a07746f7069632d6122093139322e302e322e31")
    static let groupAsLZ4 = bytes(
        "ff100a39088ced9aaf0612060a016b12017612240a036d7367121d68656c6c6f20060004f00a25000171051a07746f7069632d612209"
            + "3139322e302e322e31")
    static let list = bytes(
        "0aaf010a39088ced9aaf0612060a016b12017612240a036d7367121d68656c6c6f2068656c6c6f2068656c6c6f2068656c6c6f206865"
            + "6c6c6f25000171051a07746f7069632d6122093139322e302e322e3132220a0b5f5f7061636b5f69645f5f12133041314232433344"
            + "34453546363037312d3241321a0a0d5f5f636c69656e745f69705f5f12093139322e302e322e37321e0a105f5f726563656976655f"
            + "74696d655f5f120a31373039363138383239")
    static let listAsLZ4 = bytes(
        "ff130aaf010a39088ced9aaf0612060a016b12017612240a036d7367121d68656c6c6f20060004f54025000171051a07746f7069632d"
            + "6122093139322e302e322e3132220a0b5f5f7061636b5f69645f5f121330413142324333443445354636303731"
            + "2d3241321a0a0d5f5f636c69656e745f69705f5f124000f01237321e0a105f5f726563656976655f74696d655f5f120a3137303936"
            + "3138383239")

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).map { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
        }
    }
}
