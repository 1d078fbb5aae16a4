package io.redoubt.server.cluster.bus;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.Claim;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.GossipEntry;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.message.MessageDecoder;
import io.redoubt.server.cluster.message.MessageEncoder;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.slot.SlotSet;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests which parts of messages from unknown senders a node reads. */
class StrangerMessagesTest {
  private static final String STRANGER = "f".repeat(40);
  private static final int MEGABYTE = 1 << 20;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path directory;
  private BusNode node;
  private Socket socket;

  @BeforeEach
  void connect() throws Exception {
    node = new BusNode(directory.resolve("nodes.conf"), 2000);
    socket = new Socket();
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.busPort()));
    socket.setSoTimeout(60_000);
  }

  @AfterEach
  void close() throws Exception {
    socket.close();
    node.close();
  }

  private static Message message(Body body) {
    return new Message(
        new Header(
            STRANGER,
            new Endpoint("", 1, 0, 1),
            new Header.View(0, true),
            new Claim(0, new SlotSet()),
            0,
            null,
            NodeFlag.MASTER,
            Header.EXTENSION_DATA),
        body);
  }

  private static byte[] gossip(GossipKind kind, int entries) {
    List<GossipEntry> all = new ArrayList<>();
    for (int i = 0; i < entries; i++) {
      all.add(
          new GossipEntry(
              String.format(Locale.ROOT, "%040x", i),
              0,
              0,
              new Endpoint("10.0.0.1", 1, 0, 2),
              NodeFlag.MASTER));
    }
    return MessageEncoder.encode(message(new Body.Gossip(kind, all, List.of())));
  }

  private void send(byte[] bytes) throws Exception {
    OutputStream out = socket.getOutputStream();
    out.write(bytes);
    out.flush();
  }

  /** Requires that the next message of the node is a PONG. */
  private void receivePong() throws Exception {
    InputStream in = socket.getInputStream();
    byte[] prefix = in.readNBytes(MessageDecoder.PREFIX);
    int length = MessageDecoder.length(ByteBuffer.wrap(prefix));
    byte[] whole = new byte[length];
    System.arraycopy(prefix, 0, whole, 0, prefix.length);
    assertThat(in.readNBytes(whole, prefix.length, length - prefix.length))
        .isEqualTo(length - prefix.length);
    assertThat(MessageDecoder.decode(whole).body())
        .isInstanceOfSatisfying(
            Body.Gossip.class, body -> assertThat(body.kind()).isEqualTo(GossipKind.PONG));
  }

  private long allocatedBytes() {
    return node.with(
        (Cluster cluster) -> THREADS.getThreadAllocatedBytes(Thread.currentThread().threadId()));
  }

  @Test
  void answersPingsWithAnyGossipAndKeepsNoneOfIt() throws Exception {
    byte[] most = gossip(GossipKind.PING, 65_535);
    send(gossip(GossipKind.PING, 0));
    receivePong();
    long before = allocatedBytes();
    for (int i = 0; i < 10; i++) {
      send(most);
      receivePong();
    }
    send(gossip(GossipKind.MEET, 20_000));
    receivePong();
    send(gossip(GossipKind.PING, 3));
    receivePong();
    assertThat(allocatedBytes() - before).isLessThan(4L * MEGABYTE);
    assertThat(node.<Integer>with(cluster -> cluster.allNodes().size()))
        .as("itself and a handshake")
        .isLessThanOrEqualTo(2);
  }

  @Test
  void ignoresOtherMessagesWithoutMemoryForThem() throws Exception {
    send(gossip(GossipKind.PING, 0));
    receivePong();
    long before = allocatedBytes();
    Body.Publish publish =
        new Body.Publish(false, ByteString.of("c"), ByteString.of(new byte[64 * MEGABYTE]));
    send(MessageEncoder.encode(message(publish)));
    send(MessageEncoder.encodeLight(publish));
    send(MessageEncoder.encode(message(new Body.Fail(STRANGER))));
    send(MessageEncoder.encode(message(new Body.VoteRequest())));
    send(gossip(GossipKind.PING, 0));
    receivePong();
    assertThat(allocatedBytes() - before).isLessThan(8L * MEGABYTE);
    assertThat(node.delivered()).isEmpty();
  }

  @Test
  void refusesGossipOfAnotherLengthThanItsHeaderSays() throws Exception {
    byte[] ping = gossip(GossipKind.PING, 2);
    ByteBuffer.wrap(ping).putInt(4, ping.length + 1);
    send(ping);
    assertThat(socket.getInputStream().read()).isNegative();
  }

  @Test
  void logsFewOfManyBadMessages() throws Exception {
    for (int i = 0; i < 50; i++) {
      try (Socket other = new Socket(InetAddress.getLoopbackAddress(), node.busPort())) {
        other.setSoTimeout(60_000);
        other.getOutputStream().write(new byte[MessageDecoder.PREFIX]);
        assertThat(other.getInputStream().read()).isNegative();
      }
    }
    assertThat(node.logged())
        .filteredOn(line -> line.contains("Bad message on the cluster bus"))
        .hasSize(10);
  }
}
