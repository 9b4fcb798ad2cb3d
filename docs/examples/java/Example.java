// Puts a log group and reads it back, with com.aliyun.openservices:aliyun-log. Not run by this repository's tests.
// The SDK takes no port in an endpoint; a proxy has one.

import com.aliyun.openservices.log.Client;
import com.aliyun.openservices.log.common.Consts.CursorMode;
import com.aliyun.openservices.log.common.LogItem;
import com.aliyun.openservices.log.common.LogStore;
import com.aliyun.openservices.log.http.client.ClientConfiguration;
import java.util.Collections;

public final class Example {
    public static void main(String[] arguments) throws Exception {
        ClientConfiguration configuration = new ClientConfiguration();
        configuration.setProxyHost("127.0.0.1");
        configuration.setProxyPort(10180);
        Client client = new Client("http://cn-hangzhou.log.aliyuncs.com", "fake-id", "fake-secret", configuration);
        client.CreateProject("example", "made by the example");
        client.CreateLogStore("example", new LogStore("app", 1, 1));

        String start = client.GetCursor("example", "app", 0, CursorMode.END).GetCursor();
        LogItem log = new LogItem((int) (System.currentTimeMillis() / 1000));
        log.PushBack("message", "hello");
        client.PutLogs("example", "app", "greetings", Collections.singletonList(log), "");
        System.out.println(client.BatchGetLog("example", "app", 0, 10, start).GetCount());
    }
}
