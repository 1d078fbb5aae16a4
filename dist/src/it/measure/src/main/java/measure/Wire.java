package measure;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** A connection in RESP2 that returns replies as text, for comparison of two servers. */
final class Wire implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 3000;

  private final Socket socket;
  private final InputStream in;

  Wire(int port) throws IOException {
    socket = new Socket("127.0.0.1", port);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** Sends a request and returns its reply; an error starts with a minus. */
  String call(List<String> words) throws IOException {
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(("*" + words.size() + "\r\n").getBytes(ISO_8859_1));
    for (String word : words) {
      byte[] bytes = word.getBytes(ISO_8859_1);
      request.writeBytes(("$" + bytes.length + "\r\n").getBytes(ISO_8859_1));
      request.writeBytes(bytes);
      request.writeBytes("\r\n".getBytes(ISO_8859_1));
    }
    socket.getOutputStream().write(request.toByteArray());
    return reply();
  }

  String call(String... words) throws IOException {
    return call(List.of(words));
  }

  private String reply() throws IOException {
    String line = line();
    String rest = line.substring(1);
    return switch (line.charAt(0)) {
      case '+', '-', ':' -> line;
      case '$' -> rest.equals("-1") ? "(nil)" : '"' + bulk(Integer.parseInt(rest)) + '"';
      case '*' -> rest.equals("-1") ? "(nil)" : array(Integer.parseInt(rest));
      default -> throw new IOException("not RESP2: " + line);
    };
  }

  private String array(int count) throws IOException {
    List<String> elements = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      elements.add(reply());
    }
    return elements.toString();
  }

  private String bulk(int length) throws IOException {
    String text = new String(in.readNBytes(length), ISO_8859_1);
    in.readNBytes(2);
    return text;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\r'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("closed");
      }
      line.append((char) c);
    }
    in.read();
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
