// Puts a log group and reads it back, with the crates aliyun-log-rust-sdk and aliyun-log-sdk-protobuf. Not run by this repository's
// tests. `fake-sls --init` makes the project "example" and the logstore "app".
//
//     http_proxy=http://127.0.0.1:10180 cargo run

use std::time::{SystemTime, UNIX_EPOCH};

use aliyun_log_rust_sdk::{get_cursor_models::CursorPos, Client, Config, FromConfig};
use aliyun_log_sdk_protobuf::{Log, LogGroup};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::builder()
        .endpoint("http://cn-hangzhou.log.aliyuncs.com")
        .access_key("fake-id", "fake-secret")
        .build()?;
    let client = Client::from_config(config)?;
    let end = client.get_cursor("example", "app", 0).cursor_pos(CursorPos::End).send().await?;

    let mut log = Log::from_unixtime(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() as u32);
    log.add_content_kv("message", "hello");
    let mut group = LogGroup::new();
    group.add_log(log);
    client.put_logs("example", "app").log_group(group).send().await?;

    let pulled = client.pull_logs("example", "app", 0).cursor(end.get_body().cursor()).count(10).send().await?;
    println!("{}", pulled.get_body().log_group_list()[0].logs()[0].contents()[0].value());
    Ok(())
}
