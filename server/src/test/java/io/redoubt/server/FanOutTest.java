package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.resp.RespClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.SocketFactory;
import org.junit.jupiter.api.Test;

/** Messages that many clients receive are encoded once, and reach each of them in order. */
@ServerTest("")
final class FanOutTest {
  private static final int RECEIVERS = 30;
  private static final int MONITORS = 3;
  private static final int BATCHES = 150;
  private static final int MOST_MESSAGES = 40;
  private static final int LONG = 30_000;
  private static final int TIMEOUT_MILLIS = 60_000;
  private static final String LAST = "last";
  private static final List<String> CHANNELS = List.of("one", "two", "three", LAST);

  private final RedisServer server;
  private final Dialogue redis;

  FanOutTest(RedisServer server, Dialogue redis) {
    this.server = server;
    this.redis = redis;
  }

  private record Message(String channel, String text) {}

  /** A client with subscriptions, and the messages that it must receive. */
  private static final class Receiver {
    final RespClient client;
    final boolean slow;
    final boolean resp3;
    final List<String> channels = new ArrayList<>();
    boolean hasPattern;
    final List<String> expected = new ArrayList<>();

    Receiver(RespClient client, boolean resp3, boolean slow) {
      this.client = client;
      this.resp3 = resp3;
      this.slow = slow;
    }

    void expect(Message message) {
      if (channels.contains(message.channel)) {
        expected.add("message " + message.channel + " " + message.text);
      }
      if (hasPattern && message.channel.startsWith("t")) {
        expected.add("pmessage t* " + message.channel + " " + message.text);
      }
    }
  }

  /** Sockets whose peer soon finds them full. */
  private static final class SmallBuffers extends SocketFactory {
    @Override
    public Socket createSocket() throws IOException {
      Socket socket = new Socket();
      socket.setReceiveBufferSize(4096);
      return socket;
    }

    @Override
    public Socket createSocket(String host, int port) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, java.net.InetAddress local, int localPort) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(java.net.InetAddress host, int port) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(
        java.net.InetAddress host, int port, java.net.InetAddress local, int localPort) {
      throw new UnsupportedOperationException();
    }
  }

  private RespClient connect(boolean slow) throws IOException {
    SocketFactory sockets = slow ? new SmallBuffers() : SocketFactory.getDefault();
    return RespClient.connect("127.0.0.1", server.port(), TIMEOUT_MILLIS, sockets);
  }

  private Receiver subscribe(Random random, int number) throws IOException {
    boolean slow = random.nextInt(3) == 0;
    boolean resp3 = random.nextBoolean();
    var receiver = new Receiver(connect(slow), resp3, slow);
    if (resp3) {
      receiver.client.call("HELLO", "3");
    }
    for (String channel : CHANNELS) {
      if (channel.equals(LAST) || number == 0 || random.nextInt(3) > 0) {
        receiver.client.call("SUBSCRIBE", channel);
        receiver.channels.add(channel);
      }
    }
    if (random.nextBoolean()) {
      receiver.client.call("PSUBSCRIBE", "t*");
      receiver.hasPattern = true;
    }
    return receiver;
  }

  @Test
  void reachesEachSubscriberAndMonitorInOrder() throws Exception {
    Random random = Seed.random("FanOutTest");
    CountDownLatch half = new CountDownLatch(BATCHES / 2);
    List<Receiver> receivers = new ArrayList<>();
    List<Future<List<String>>> heard = new ArrayList<>();
    List<Future<List<String>>> shown = new ArrayList<>();
    List<Message> sent = new ArrayList<>();
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor();
        RespClient publisher = connect(false)) {
      for (int i = 0; i < RECEIVERS; i++) {
        Receiver receiver = subscribe(random, i);
        receivers.add(receiver);
        heard.add(pool.submit(reader(receiver, half, random.nextLong())));
      }
      for (int i = 0; i < MONITORS; i++) {
        RespClient monitor = connect(i == 0);
        monitor.call("MONITOR");
        shown.add(pool.submit(monitorReader(monitor)));
      }
      for (int i = 0; i < BATCHES; i++) {
        publish(publisher, random, sent);
        half.countDown();
      }
      sent.add(new Message(LAST, LAST));
      publisher.call("PUBLISH", LAST, LAST);
      for (int i = 0; i < RECEIVERS; i++) {
        Receiver receiver = receivers.get(i);
        sent.forEach(receiver::expect);
        assertThat(heard.get(i).get()).as("receiver %d", i).isEqualTo(receiver.expected);
        receiver.client.close();
      }
      List<String> published =
          sent.stream().map(each -> each.channel + "\" \"" + each.text + "\"").toList();
      for (Future<List<String>> each : shown) {
        assertThat(each.get()).isEqualTo(published);
      }
    }
    assertThat(redis.text("INFO stats")).contains("client_output_buffer_limit_disconnections:0\r");
  }

  /** Publishes a pipeline of messages, some of them in a transaction. */
  private static void publish(RespClient publisher, Random random, List<Message> sent)
      throws IOException {
    var pipeline = new ByteArrayOutputStream();
    int messages = 1 + random.nextInt(MOST_MESSAGES);
    boolean inTransaction = random.nextInt(4) == 0;
    boolean oneChannel = random.nextBoolean();
    if (inTransaction) {
      pipeline.write(RequestEncoder.encode("MULTI"));
    }
    for (int i = 0; i < messages; i++) {
      String channel = CHANNELS.get(oneChannel ? 0 : random.nextInt(CHANNELS.size() - 1));
      int length = random.nextInt(60) == 0 ? random.nextInt(LONG) : random.nextInt(100);
      var message = new Message(channel, sent.size() + ":" + "v".repeat(length));
      sent.add(message);
      pipeline.write(RequestEncoder.encode("PUBLISH", channel, message.text));
    }
    if (inTransaction) {
      pipeline.write(RequestEncoder.encode("EXEC"));
    }
    publisher.sendRaw(pipeline.toByteArray());
    int replies = inTransaction ? messages + 2 : messages;
    for (int i = 0; i < replies; i++) {
      assertThat(publisher.receive()).isNotInstanceOf(Reply.Error.class);
    }
  }

  /** Reads messages until the last one, and sends PING now and then. */
  private static Callable<List<String>> reader(Receiver receiver, CountDownLatch half, long seed) {
    return () -> {
      Random random = Seed.from(seed);
      List<String> texts = new ArrayList<>();
      if (receiver.slow) {
        half.await();
      }
      String text = "";
      while (!text.equals("message " + LAST + " " + LAST)) {
        if (random.nextInt(20) == 0) {
          receiver.client.send("PING");
        }
        Reply reply = receiver.client.receive();
        List<Reply> elements =
            switch (reply) {
              case Reply.Array array -> array.elements();
              case Reply.Push push -> push.elements();
              default -> List.of(reply);
            };
        text = String.join(" ", elements.stream().map(Reply::text).toList());
        if (text.startsWith("message") || text.startsWith("pmessage")) {
          assertThat(reply instanceof Reply.Push).isEqualTo(receiver.resp3);
          texts.add(text);
        }
      }
      return texts;
    };
  }

  private static Callable<List<String>> monitorReader(RespClient monitor) {
    return () -> {
      try (monitor) {
        List<String> texts = new ArrayList<>();
        String text = "";
        while (!text.equals(LAST + "\" \"" + LAST + "\"")) {
          String line = monitor.receive().text();
          int start = line.indexOf("\"PUBLISH\" \"");
          if (start >= 0) {
            text = line.substring(start + "\"PUBLISH\" \"".length());
            texts.add(text);
          }
        }
        return texts;
      }
    };
  }
}
