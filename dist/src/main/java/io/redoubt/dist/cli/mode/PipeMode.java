package io.redoubt.dist.cli.mode;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.dist.client.ClientConnection;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.EOFException;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * {@code --pipe}: sends standard input unchanged and counts the replies. The reply to a final ECHO
 * of random bytes marks the end.
 */
public final class PipeMode implements Mode {
  private static final int READ_BYTES = 64 * 1024;
  private static final int MAGIC_BYTES = 10;
  private static final long UNSENT = -1;

  private final ModeContext context;
  private final int timeoutSeconds;
  private final byte[] magic;

  /** The time at which the last byte was sent or, later, the last reply arrived; UNSENT before. */
  private final AtomicLong lastSign = new AtomicLong(UNSENT);

  private long errors;
  private long replies;

  /**
   * Creates the mode.
   *
   * @param timeoutSeconds the longest wait for a reply after everything has been sent; 0 for ever
   */
  public PipeMode(ModeContext context, int timeoutSeconds) {
    this.context = context;
    this.timeoutSeconds = timeoutSeconds;
    byte[] random = new byte[MAGIC_BYTES];
    new SecureRandom().nextBytes(random);
    magic = HexFormat.of().formatHex(random).getBytes(ISO_8859_1);
  }

  @Override
  public int run() throws IOException, ProtocolException, ModeException {
    ClientConnection connection = context.connection();
    Thread sender = Thread.ofPlatform().daemon().name("pipe-sender").start(() -> send(connection));
    Thread.ofPlatform().daemon().name("pipe-timeout").start(() -> watch(connection));
    try {
      count(connection);
    } finally {
      sender.interrupt();
      context.out().print("errors: " + errors + ", replies: " + replies + "\n");
    }
    return errors > 0 ? 1 : 0;
  }

  /** Counts replies up to the last one. */
  private void count(ClientConnection connection) throws ProtocolException, ModeException {
    while (true) {
      Reply reply;
      try {
        reply = connection.receive();
      } catch (IOException e) {
        if (isOverdue(System.nanoTime())) {
          errors++;
          throw new ModeException("No replies for " + timeoutSeconds + " seconds: exiting.");
        }
        throw new ModeException("Error reading from the server: " + reason(e));
      }
      lastSign.getAndUpdate(before -> before == UNSENT ? UNSENT : System.nanoTime());
      if (reply instanceof Reply.Bulk bulk && Arrays.equals(bulk.bytes(), magic)) {
        context.out().print("Last reply received from server.\n");
        return;
      }
      replies++;
      if (reply instanceof Reply.Error error) {
        errors++;
        context.err().print(error.message() + "\n");
      }
    }
  }

  private static @Nullable String reason(IOException e) {
    return e instanceof EOFException ? "Server closed the connection" : SystemErrors.text(e);
  }

  private boolean isOverdue(long now) {
    long last = lastSign.get();
    return timeoutSeconds > 0 && last != UNSENT && now - last >= timeoutSeconds * 1_000_000_000L;
  }

  /** Sends all input. The reader detects a broken connection itself, after the last replies. */
  private void send(ClientConnection connection) {
    byte[] room = new byte[READ_BYTES];
    boolean reads = true;
    try {
      for (int bytes = context.in().read(room); bytes >= 0; bytes = context.in().read(room)) {
        reads = false;
        connection.sendRaw(room, bytes);
        reads = true;
      }
      reads = false;
      connection.sendRaw(new byte[] {'\r', '\n'}); // ends an inline command without a line feed
      context.out().print("All data transferred. Waiting for the last reply...\n");
      context.out().flush();
      connection.sendRaw(RequestEncoder.encode("ECHO".getBytes(ISO_8859_1), magic));
      lastSign.set(System.nanoTime());
    } catch (IOException e) {
      if (!reads) {
        return;
      }
      try {
        connection.close();
      } catch (IOException alsoFailed) {
        e.addSuppressed(alsoFailed);
      }
    }
  }

  private void watch(ClientConnection connection) {
    try {
      while (!isOverdue(System.nanoTime())) {
        Thread.sleep(100);
      }
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // The reader finds the connection closed.
    }
  }
}
