package io.redoubt.bench.load;

import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Random writes of all types: values of 1 to 300 bytes under a number of names per type, a third of
 * which get an expiry time, and keys that are deleted, renamed and trimmed.
 */
public final class Churn {
  private static final int MAX_VALUE_BYTES = 300;

  /** The longest time to live per name, since each of more names is written less often. */
  private static final int EXPIRY_MILLIS_PER_NAME = 3;

  private static final int FIELDS = 20;
  private static final int PIPELINE = 64;
  private static final long SEED = 27;

  private enum Type {
    STRING,
    HASH,
    LIST,
    SET,
    SORTED_SET,
    STREAM;

    private static final Type[] ALL = values();

    private String prefix() {
      return name() + ":";
    }
  }

  private final Random random = new Random(SEED);
  private final RequestBuffer requests = new RequestBuffer();
  private final int names;
  private final int nameDigits;
  private int lines;
  private int lastName;

  private Churn(int names) {
    this.names = names;
    this.nameDigits = Integer.toString(names - 1).length();
  }

  /**
   * Writes a repeatable sequence of requests over one connection, until a time or number is
   * reached.
   *
   * @param names the number of names per type
   * @return the number of requests
   * @throws ErrorReplyException if a reply is an error
   */
  public static long run(MeasuredServer server, int names, Duration duration, long requests)
      throws IOException {
    Churn churn = new Churn(names);
    long count = 0;
    long start = System.nanoTime();
    try (Socket socket = server.socket()) {
      BufferedReader replies =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      while (count < requests && System.nanoTime() - start < duration.toNanos()) {
        while (churn.requests.requests() < PIPELINE) {
          churn.add();
        }
        count += churn.requests.requests();
        churn.requests.drainTo(socket.getOutputStream());
        for (; churn.lines > 0; churn.lines--) {
          checkReply(server, replies.readLine());
        }
      }
    }
    return count;
  }

  private static void checkReply(MeasuredServer server, @Nullable String line) throws IOException {
    if (line == null) {
      throw new EOFException("connection closed by the server");
    }
    // A key to rename may have expired, or may not exist yet.
    if (line.startsWith("-") && !line.contains("no such key")) {
      throw new ErrorReplyException(server, line);
    }
  }

  /** Adds a change of one key, of one or two requests. */
  private void add() {
    Type type = Type.ALL[random.nextInt(Type.ALL.length)];
    int action = random.nextInt(20);
    if (action < 14) {
      write(type, name());
      if (random.nextInt(3) == 0) {
        request(3, "PEXPIRE", type, lastName);
        requests.number(1 + random.nextInt(EXPIRY_MILLIS_PER_NAME * names));
      }
    } else if (action < 15) {
      request(2, "DEL", type, name());
    } else if (action < 16) {
      request(3, "RENAME", type, name());
      requests.numbered(type.prefix(), name(), nameDigits);
    } else {
      trim(type, name());
    }
  }

  private int name() {
    lastName = random.nextInt(names);
    return lastName;
  }

  /** Starts a request of {@code words} words with a command and a key. */
  private RequestBuffer request(int words, String command, Type type, int name) {
    lines++;
    return requests.request(words).word(command).numbered(type.prefix(), name, nameDigits);
  }

  private void value() {
    requests.numbered("", random.nextInt(1 << 30), 1 + random.nextInt(MAX_VALUE_BYTES));
  }

  private void field() {
    requests.numbered("f", random.nextInt(FIELDS), 2);
  }

  private void write(Type type, int name) {
    switch (type) {
      case STRING -> {
        request(3, "SET", type, name);
        value();
      }
      case HASH -> {
        request(4, "HSET", type, name);
        field();
        value();
      }
      case LIST -> {
        request(3, "RPUSH", type, name);
        value();
      }
      case SET -> {
        request(3, "SADD", type, name);
        value();
      }
      case SORTED_SET -> {
        request(4, "ZADD", type, name).number(random.nextInt(1000));
        value();
      }
      case STREAM -> {
        request(5, "XADD", type, name).word("*");
        lines++; // the reply is a bulk string, in two lines
        field();
        value();
      }
    }
  }

  private void trim(Type type, int name) {
    switch (type) {
      case STRING -> {
        request(3, "APPEND", type, name);
        value();
      }
      case HASH -> {
        request(3, "HDEL", type, name);
        field();
      }
      case LIST -> request(4, "LTRIM", type, name).number(2).number(10);
      case SET -> {
        // The value of a single member would rarely exist, and SPOP with a count has a reply of
        // unknown length.
        request(2, "UNLINK", type, name);
      }
      case SORTED_SET -> request(4, "ZREMRANGEBYRANK", type, name).number(0).number(1);
      case STREAM -> request(4, "XTRIM", type, name).word("MAXLEN").number(3);
    }
  }
}
