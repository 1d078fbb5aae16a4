package io.redoubt.bench.load;

import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.bench.rows.Row;
import io.redoubt.bench.rows.RowGroup;
import io.redoubt.bench.rows.RowTable;
import io.redoubt.bench.rows.RowWords;
import io.redoubt.dist.load.RequestTemplate;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.resp.RespClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A server with the rows' data in it, and the clients that put the rows' load on it. */
public final class Subject implements AutoCloseable {
  private static final int ELEMENTS_AT_ONCE = 100;
  private static final int PIPELINE_BYTES = 1 << 16;

  private final MeasuredServer server;
  private final List<String> scripts;
  private final RowWords words;
  private final ClosedLoop loop;

  public Subject(MeasuredServer server, RowTable table) throws IOException {
    this.server = server;
    scripts = table.scripts();
    words = new RowWords(table.texts());
    loop = new ClosedLoop(server);
  }

  public MeasuredServer server() {
    return server;
  }

  public ClosedLoop loop() {
    return loop;
  }

  /**
   * Empties the server and runs the steps of a group.
   *
   * @throws ErrorReplyException if a reply is an error
   */
  public void prepare(RowGroup group) throws IOException {
    loop.closeListeners();
    try (RespClient client = server.connect()) {
      check(client.call("FLUSHALL"));
      check(client.call("SCRIPT", "FLUSH"));
      check(client.call("FUNCTION", "FLUSH"));
      for (String script : scripts) {
        check(client.call("SCRIPT", "LOAD", script));
      }
      Pipeline pipeline = new Pipeline(client);
      for (RowGroup.Step step : group.steps()) {
        run(step, client, pipeline);
      }
    }
  }

  private void run(RowGroup.Step step, RespClient client, Pipeline pipeline) throws IOException {
    switch (step.kind()) {
      case ONCE -> check(client.call(words.ofElement(step.text(), 0)));
      case EACH -> {
        for (int number = 0; number < step.count(); number++) {
          pipeline.add(words.ofElement(step.text(), number));
        }
      }
      case GROW -> {
        String[] parts = step.text().split(" \\+ ", 2);
        byte[][] command = words.ofElement(parts[0], 0);
        for (int from = 0; from < step.count(); from += ELEMENTS_AT_ONCE) {
          pipeline.add(
              grown(command, parts[1], from, Math.min(from + ELEMENTS_AT_ONCE, step.count())));
        }
      }
      case CAPTURE -> {
        Reply reply = check(client.call(words.ofElement(step.text(), 0)));
        if (reply instanceof Reply.Bulk payload) {
          words.capture(step.name(), payload.bytes());
        } else {
          throw new IOException(server.name() + ": no payload of " + step.text());
        }
      }
      case LISTEN -> loop.listen(step.count(), encoded(RowTable.commands(step.text())));
    }
    pipeline.flush();
  }

  private byte[][] grown(byte[][] command, String arguments, int from, int to) {
    ArrayList<byte[]> all = new ArrayList<>(List.of(command));
    for (int number = from; number < to; number++) {
      all.addAll(List.of(words.ofElement(arguments, number)));
    }
    return all.toArray(byte[][]::new);
  }

  private byte[] encoded(List<String> commands) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    commands.forEach(command -> all.writeBytes(RequestEncoder.encode(words.ofRow(command))));
    return all.toByteArray();
  }

  /** Returns the requests of a row. */
  public ClosedLoop.Batch batch(Row row, int pipeline) {
    return new ClosedLoop.Batch(
        RequestTemplate.ofEncoded(encoded(row.request()), pipeline),
        pipeline,
        pipeline * row.request().size(),
        row.range());
  }

  private Reply check(Reply reply) throws IOException {
    if (reply instanceof Reply.Error error) {
      throw new ErrorReplyException(server, error.text());
    }
    return reply;
  }

  /** Requests that are sent together. */
  private final class Pipeline {
    private final RespClient client;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private int requests;

    Pipeline(RespClient client) {
      this.client = client;
    }

    void add(byte[]... request) throws IOException {
      bytes.writeBytes(RequestEncoder.encode(request));
      requests++;
      if (bytes.size() > PIPELINE_BYTES) {
        flush();
      }
    }

    void flush() throws IOException {
      client.sendRaw(bytes.toByteArray());
      bytes.reset();
      for (; requests > 0; requests--) {
        check(client.receive());
      }
    }
  }

  @Override
  public void close() throws IOException {
    loop.close();
  }
}
