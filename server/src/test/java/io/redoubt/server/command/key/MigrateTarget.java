package io.redoubt.server.command.key;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

/** The target server of a migration, which answers only on the test's command. */
final class MigrateTarget implements AutoCloseable {
  private final ServerSocket listening;
  private Socket socket = new Socket();
  private InputStream in = InputStream.nullInputStream();

  MigrateTarget() throws IOException {
    listening = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    listening.setSoTimeout(60_000);
  }

  String port() {
    return Integer.toString(listening.getLocalPort());
  }

  /** Accepts the next connection and refuses its introduction, as a real Redis does. */
  void accept() throws IOException {
    acceptLoggingIn();
  }

  /** Accepts a source that authenticates. */
  void acceptLoggingIn(String... login) throws IOException {
    socket.close();
    socket = listening.accept();
    socket.setSoTimeout(60_000);
    in = new BufferedInputStream(socket.getInputStream());
    if (login.length > 0) {
      if (!receive().equals(List.of(login))) {
        throw new IOException("another login");
      }
      reply("+OK\r\n");
    }
    List<String> introduction = receive();
    if (!introduction.getFirst().equals("CLIENT")) {
      throw new IOException(introduction.toString());
    }
    reply("-ERR unknown subcommand 'CAPA'. Try CLIENT HELP.\r\n");
    if (!receive().getFirst().equals("SELECT")) {
      throw new IOException("no SELECT");
    }
    reply("+OK\r\n");
  }

  /** Receives a whole request. */
  List<String> receive() throws IOException {
    int count = number('*');
    List<String> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] bytes = in.readNBytes(number('$') + 2);
      words.add(new String(bytes, 0, bytes.length - 2, ISO_8859_1));
    }
    return words;
  }

  private int number(char type) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int at = in.read(); at != '\n'; at = in.read()) {
      if (at < 0) {
        throw new IOException("closed within a request");
      }
      line.append((char) at);
    }
    if (line.charAt(0) != type) {
      throw new IOException(line.toString());
    }
    return Integer.parseInt(line.substring(1).strip());
  }

  void reply(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  /** Returns true if the source has closed the connection. */
  boolean isClosed() throws IOException {
    try {
      return in.read() < 0;
    } catch (SocketException reset) { // if the source had not read everything
      return true;
    }
  }

  void disconnect() throws IOException {
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
    listening.close();
  }
}
