package io.redoubt.dist.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.client.ClientChannel;
import io.redoubt.dist.client.Target;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection of a run with its requests; owned by one thread. */
final class LoadClient {
  private static final int SETUP_BYTES = 4096;

  private final LoadRun run;
  private final Selector selector;
  private final ByteBuffer requests;
  private final ReplyCounter counter = new ReplyCounter();
  private ClientChannel channel;
  private SelectionKey key;
  private long startedNanos;
  private int missing;

  private LoadClient(LoadRun run, Selector selector, ClientChannel channel) throws IOException {
    this.run = run;
    this.selector = selector;
    this.requests = run.request.buffer();
    this.channel = channel;
    this.key = channel.register(selector, this);
  }

  static LoadClient connect(LoadRun run, Selector selector) throws IOException, LoadException {
    return new LoadClient(run, selector, open(run));
  }

  private static ClientChannel open(LoadRun run) throws IOException, LoadException {
    Target target = run.target;
    ClientChannel channel = ClientChannel.open(target);
    try {
      List<String[]> setup = new ArrayList<>();
      String password = target.password();
      if (password != null) {
        setup.add(
            target.user() == null
                ? new String[] {"AUTH", password}
                : new String[] {"AUTH", target.user(), password});
      }
      if (target.protocol() == 3) {
        setup.add(new String[] {"HELLO", "3"});
      }
      if (target.database() != 0) {
        setup.add(new String[] {"SELECT", Integer.toString(target.database())});
      }
      if (run.options.tracksKeys) {
        setup.add(new String[] {"CLIENT", "TRACKING", "ON"});
      }
      ReplyCounter replies = new ReplyCounter();
      ByteBuffer room = ByteBuffer.allocate(SETUP_BYTES);
      for (String[] words : setup) {
        byte[][] arguments = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
          arguments[i] = words[i].getBytes(UTF_8);
        }
        channel.write(ByteBuffer.wrap(RequestEncoder.encode(arguments)));
        for (int complete = 0; complete == 0; complete = replies.count(room.flip())) {
          room.clear();
          if (channel.read(room) < 0) {
            throw new EOFException("Server closed the connection");
          }
        }
        String error = replies.takeError();
        if (error != null) {
          throw new LoadException("Error from server: " + error);
        }
      }
      return channel;
    } catch (ProtocolException e) {
      channel.close();
      throw new LoadException("Error: " + e.getMessage());
    } catch (IOException | LoadException e) {
      channel.close();
      throw e;
    }
  }

  /** Replaces the connection by a new one, for {@code -k 0}. */
  void reconnect() throws IOException, LoadException {
    close();
    channel = open(run);
    key = channel.register(selector, this);
    counter.reset();
  }

  /** Returns the bytes to send; the caller writes random numbers into them. */
  ByteBuffer requests() {
    return requests;
  }

  long startedNanos() {
    return startedNanos;
  }

  boolean isWaiting() {
    return missing > 0;
  }

  void start() throws IOException {
    missing = run.options.pipeline;
    requests.rewind();
    startedNanos = System.nanoTime();
    send();
  }

  /** Sends as many bytes as the socket accepts. */
  void send() throws IOException {
    channel.write(requests);
    boolean blocked = requests.hasRemaining() || channel.hasUnsent();
    int wanted = blocked ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
    if (key.interestOps() != wanted) {
      key.interestOps(wanted);
    }
  }

  /** Receives; returns the number of bytes, negative at the end of the stream. */
  int read(ByteBuffer room) throws IOException {
    return channel.read(room);
  }

  /** Returns the number of replies that the bytes complete. */
  int count(ByteBuffer bytes) throws ProtocolException {
    int replies = counter.count(bytes);
    missing -= replies;
    return replies;
  }

  @Nullable String takeError() {
    return counter.takeError();
  }

  /** Closes the connection; ignores errors, which change no measurement. */
  void close() {
    key.cancel();
    try {
      channel.close();
    } catch (IOException e) {
      run.fail("Error: " + e.getMessage());
    }
  }
}
