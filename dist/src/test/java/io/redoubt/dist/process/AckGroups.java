package io.redoubt.dist.process;

import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.time.Duration;

/** The acknowledgement groups, as servers and sentinels report them. */
final class AckGroups {
  private AckGroups() {}

  /** Waits until all servers belong to the current group and the sentinels know it. */
  static void awaitFormed(Topology group, Duration limit) {
    await()
        .atMost(limit)
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> {
          for (NodeProcess server : group.servers()) {
            var info = server.info("replication");
            String members = info.getOrDefault("write_acks_group", "");
            if (members.split("/", -1).length != Topology.SERVERS
                || !"ok".equals(info.get("write_acks_group_state"))) {
              return false;
            }
          }
          return true;
        });
    await()
        .atMost(limit)
        .until(() -> group.sentinels().stream().allMatch(each -> findings(each).isEmpty()));
  }

  /** Returns the findings of a sentinel's doctor about the group, or the failure of the request. */
  static String findings(NodeProcess sentinel) {
    try {
      StringBuilder found = new StringBuilder();
      Reply reply = sentinel.ask("SENTINEL", "DOCTOR", Topology.MASTER_NAME);
      for (Reply line : reply.elements()) {
        if (line.text().startsWith("acks-")) {
          found.append(line.text()).append('\n');
        }
      }
      return found.toString();
    } catch (IOException e) {
      return e.toString();
    }
  }
}
