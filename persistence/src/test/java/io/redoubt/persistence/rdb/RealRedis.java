package io.redoubt.persistence.rdb;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** An installed redis-server on a free port, with its files in a given directory. */
final class RealRedis implements AutoCloseable {

  private final Process process;
  private final Socket socket;
  private final DataInputStream in;

  static boolean isInstalled() {
    for (String directory : System.getenv("PATH").split(":", -1)) {
      if (Files.isExecutable(Path.of(directory, "redis-server"))) {
        return true;
      }
    }
    return false;
  }

  RealRedis(Path directory) throws IOException {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, loopback)) {
      port = free.getLocalPort();
    }
    process =
        new ProcessBuilder(
                "redis-server",
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--enable-debug-command",
                "yes",
                "--databases",
                "64",
                "--dir",
                directory.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    socket =
        Awaitility.await()
            .pollInterval(10, TimeUnit.MILLISECONDS)
            .ignoreException(ConnectException.class)
            .until(() -> new Socket(loopback, port), s -> true);
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    Awaitility.await("its file is loaded")
        .pollInterval(10, TimeUnit.MILLISECONDS)
        .until(() -> "PONG".equals(command("PING")));
  }

  /** Sends a command with ISO-8859-1 arguments and returns the reply's text, or null. */
  @Nullable String command(String... words) {
    try {
      ByteArrayOutputStream request = new ByteArrayOutputStream();
      request.writeBytes(Rdbs.latin("*" + words.length + "\r\n"));
      for (String word : words) {
        request.writeBytes(Rdbs.latin("$" + word.length() + "\r\n" + word + "\r\n"));
      }
      socket.getOutputStream().write(request.toByteArray());
      String line = line();
      if (line.charAt(0) != '$') {
        return line.substring(1);
      }
      int length = Integer.parseInt(line.substring(1));
      if (length < 0) {
        return null;
      }
      byte[] bytes = in.readNBytes(length + 2);
      return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a command and reads its complete reply. */
  void run(String... words) {
    String first = String.valueOf(command(words));
    try {
      skip(first);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void skip(String arrayLength) throws IOException {
    for (int left = Integer.parseInt(arrayLength); left > 0; left--) {
      String line = line();
      int length = line.charAt(0) == ':' ? -1 : Integer.parseInt(line.substring(1));
      if (line.charAt(0) == '*') {
        skip(line.substring(1));
      } else if (line.charAt(0) == '$' && length >= 0) {
        in.skipNBytes(length + 2);
      }
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.readByte(); b != '\r'; b = in.readByte()) {
      line.append((char) (b & 0xff));
    }
    in.readByte();
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
