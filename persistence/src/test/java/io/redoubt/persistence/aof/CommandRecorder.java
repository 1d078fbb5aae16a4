package io.redoubt.persistence.aof;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.persistence.rdb.RdbStrings;
import io.redoubt.protocol.resp.Request;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records the calls of a reader, one line each. */
final class CommandRecorder implements AofVisitor, AutoCloseable {

  private final List<String> lines = new ArrayList<>();
  private @Nullable RdbStrings preamble;

  List<String> lines() {
    return lines;
  }

  @Override
  public RdbReader beginPreamble() {
    preamble = new RdbStrings();
    return preamble.reader();
  }

  @Override
  public void endPreamble() {
    preamble.names().forEach(key -> lines.add("rdb " + key));
    lines.add("rdb ends");
  }

  @Override
  public void command(Request request, long offset) {
    StringBuilder line = new StringBuilder().append(offset);
    for (int i = 0; i < request.count(); i++) {
      line.append(' ').append(new String(request.bytes(i), ISO_8859_1));
    }
    lines.add(line.toString());
  }

  @Override
  public void timestamp(long seconds, long offset) {
    lines.add(offset + " #" + seconds);
  }

  @Override
  public void cut() {
    lines.add("cut");
  }

  @Override
  public void endFile(AofFile file) {
    lines.add("end of " + file.name());
  }

  @Override
  public void close() {
    if (preamble != null) {
      preamble.close();
    }
  }
}
