package io.redoubt.dist.cli.mode;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.dist.cli.session.OutputForm;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** {@code --scan}: lists keys, one a line. */
public final class ScanMode implements Mode {
  private final ModeContext context;
  private final byte @Nullable [] pattern;
  private final int count;

  /**
   * Creates the mode.
   *
   * @param pattern the keys' pattern, or null for all keys
   * @param count the value of COUNT, 0 for the server's default
   */
  public ScanMode(ModeContext context, byte @Nullable [] pattern, int count) {
    this.context = context;
    this.pattern = pattern;
    this.count = count;
  }

  @Override
  public int run() throws IOException, ProtocolException, InterruptedException, ModeException {
    KeyScan scan = new KeyScan(context, pattern, count);
    while (!scan.isFinished()) {
      for (byte[] key : scan.next()) {
        context
            .out()
            .print(
                context.form() == OutputForm.STANDARD
                    ? Quoting.quote(key)
                    : new String(key, ISO_8859_1));
        context.out().print('\n');
      }
      context.out().flush();
      if (context.intervalSeconds() > 0) {
        ModeContext.sleep(context.intervalSeconds());
      }
    }
    return 0;
  }
}
