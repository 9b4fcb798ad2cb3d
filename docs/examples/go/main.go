// Puts a log group and reads it back, with github.com/aliyun/aliyun-log-go-sdk. Not run by this repository's tests.
//
//	HTTP_PROXY=http://127.0.0.1:10180 go run .
package main

import (
	"fmt"
	"log"
	"time"

	sls "github.com/aliyun/aliyun-log-go-sdk"
	"google.golang.org/protobuf/proto"
)

func main() {
	provider := sls.NewStaticCredentialsProvider("fake-id", "fake-secret", "")
	client := sls.CreateNormalInterfaceV2("http://cn-hangzhou.log.aliyuncs.com", provider)
	if _, err := client.CreateProject("example", "made by the example"); err != nil {
		log.Fatal(err)
	}
	if err := client.CreateLogStore("example", "app", 1, 1, false, 64); err != nil {
		log.Fatal(err)
	}
	start, err := client.GetCursor("example", "app", 0, "end")
	if err != nil {
		log.Fatal(err)
	}
	group := &sls.LogGroup{
		Topic: proto.String("greetings"),
		Logs: []*sls.Log{{
			Time:     proto.Uint32(uint32(time.Now().Unix())),
			Contents: []*sls.LogContent{{Key: proto.String("message"), Value: proto.String("hello")}},
		}},
	}
	if err := client.PutLogs("example", "app", group); err != nil {
		log.Fatal(err)
	}
	groups, _, err := client.PullLogs("example", "app", 0, start, "", 10)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(groups.LogGroups[0].Logs[0].Contents[0].GetValue())
}
