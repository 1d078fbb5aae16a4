package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Producers of a stream resend, after the master was killed, the entries of which they are not
 * sure. By their idempotent ids each entry is in the stream once.
 */
@Timeout(600)
final class IdempotentFailoverIT {
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final int DOWN_AFTER_MILLIS = 1_000;
  private static final int FAILOVERS = Integer.getInteger("redoubt.faults", 1);
  private static final int LEAST_ENTRIES = 100;
  private static final String STREAM = "stream";

  /** The way in which producers learn that replicas have an entry. */
  private enum Confirmation {
    WRITE_ACKS,
    WAIT
  }

  /** Sends each entry until it is confirmed, and sometimes as if the confirmation had been lost. */
  private static final class Producer implements FollowingWriter.RepeatedRequest {
    private static final int LOST_EVERY = 20;

    private final String name;
    private final boolean digested;
    private final Confirmation confirmation;
    private final Map<String, String> ids = new ConcurrentHashMap<>();
    private final AtomicInteger otherIds = new AtomicInteger();
    private int requests;

    Producer(String name, boolean digested, Confirmation confirmation) {
      this.name = name;
      this.digested = digested;
      this.confirmation = confirmation;
    }

    @Override
    public boolean isAcknowledged(RespClient client) throws IOException {
      String value = name + "/" + ids.size();
      boolean lost = ++requests % LOST_EVERY == 0;
      if (lost && !ids.isEmpty()) {
        value = name + "/" + (ids.size() - 1);
      }
      Reply reply =
          digested
              ? client.call("XADD", STREAM, "IDMPAUTO", name, "*", "value", value)
              : client.call("XADD", STREAM, "IDMP", name, value, "*", "value", value);
      if (!(reply instanceof Reply.Bulk id)
          || (confirmation == Confirmation.WAIT
              && client.call("WAIT", Integer.toString(Topology.SERVERS - 1), "1000").number()
                  < Topology.SERVERS - 1)) {
        return false;
      }
      String earlier = ids.put(value, id.text());
      if (earlier != null && !earlier.equals(id.text())) {
        otherIds.incrementAndGet();
      }
      return true;
    }
  }

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(Confirmation.class)
  void addsEachEntryOnce(Confirmation confirmation) throws Exception {
    List<Producer> producers =
        List.of(
            new Producer("idmp", false, confirmation), new Producer("auto", true, confirmation));
    List<FollowingWriter> writers = new ArrayList<>();
    try (Topology group =
        Topologies.create(
            folder,
            DOWN_AFTER_MILLIS,
            confirmation == Confirmation.WRITE_ACKS ? "write-acks 1" : "write-acks 0")) {
      group.start();
      group.awaitStable(LIMIT);
      if (confirmation == Confirmation.WRITE_ACKS) {
        AckGroups.awaitFormed(group, LIMIT);
      }
      for (Producer producer : producers) {
        writers.add(
            FollowingWriter.start(
                producer.name, producer, () -> FollowingWriter.namedMaster(group)));
      }
      for (int i = 0; i < FAILOVERS; i++) {
        awaitEntries(producers);
        int old = group.awaitStable(LIMIT);
        group.server(old).kill();
        await().atMost(LIMIT).until(() -> !group.namedMasters().contains(old));
        group.restart(group.servers().indexOf(group.server(old)));
        group.awaitStable(LIMIT);
      }
      awaitEntries(producers);
      writers.forEach(FollowingWriter::close);
      check(producers, group.server(group.awaitStable(LIMIT)));
    } finally {
      writers.forEach(FollowingWriter::close);
    }
  }

  private static void awaitEntries(List<Producer> producers) {
    for (Producer producer : producers) {
      int before = producer.ids.size();
      await().atMost(LIMIT).until(() -> producer.ids.size() >= before + LEAST_ENTRIES);
    }
  }

  private static void check(List<Producer> producers, NodeProcess master) throws IOException {
    Map<String, String> added = new HashMap<>();
    for (Reply entry : master.ask("XRANGE", STREAM, "-", "+").elements()) {
      List<Reply> parts = List.copyOf(entry.elements());
      String value = List.copyOf(parts.getLast().elements()).getLast().text();
      assertThat(added.put(value, parts.getFirst().text())).as(value).isNull();
    }
    int confirmed = 0;
    for (Producer producer : producers) {
      assertThat(added).containsAllEntriesOf(producer.ids);
      assertThat(producer.otherIds).hasValue(0);
      confirmed += producer.ids.size();
    }
    // The request in flight at the end may have been executed without a reply.
    assertThat(added).hasSizeBetween(confirmed, confirmed + producers.size());
    List<Reply> info = List.copyOf(master.ask("XINFO", "STREAM", STREAM).elements());
    List<String> names = info.stream().map(IdempotentFailoverIT::text).toList();
    long duplicates = info.get(names.indexOf("iids-duplicates") + 1).number();
    assertThat(duplicates).isPositive();
    System.out.printf(
        "IdempotentFailoverIT: %d entries, %d duplicates since the last failover%n",
        confirmed, duplicates);
  }

  private static String text(Reply reply) {
    return reply instanceof Reply.Bulk bulk ? bulk.text() : "";
  }
}
