package io.redoubt.dist.check.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import io.redoubt.dist.check.report.ReportSource.NoSnapshotException;
import io.redoubt.dist.check.report.StatsOptions.RefusedOptionException;
import io.redoubt.persistence.io.OsDisk;
import io.redoubt.persistence.rdb.report.RdbReportReader;
import io.redoubt.persistence.rdb.report.ReportedFile;
import io.redoubt.protocol.bytes.Hash;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.KernelRandom;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The implementation of {@code redis-check-rdb --stats}: reads a snapshot and writes a report. */
public final class StatsCommand {

  /** The arguments, for the usage. */
  public static final String USAGE = "--stats [<options>] <rdb-file-name|aof-directory>";

  public static final String HELP =
      """
        --stats              Report the keys by type, encoding, database and prefix, the
                             largest ones, and how long they, their values and their times
                             to live are. Of an append-only file, its directory or its
                             manifest, the snapshot at the start is read. A damaged file is
                             reported up to its first mistake, with the exit status 1.
        --format <format>    text (the default), json, csv, html (one page without scripts)
                             or info (the lines of valkey-check-rdb).
        --output <new-file>  Write the report to a new file.
        --delimiters <characters>
                             The characters each of which ends a prefix of a key (":").
        --prefix-depth <n>   The most delimiters in a prefix, up to 8 (2).
        --keep-numbers       Count the prefixes user:1: and user:2: apart, instead of both
                             as user:*:
        --top <n>            The number of prefixes and of largest keys, up to 1000 (10).
      """;

  private final PrintStream out;
  private final PrintStream err;
  private final Clock clock;
  private final boolean showsProgress;

  /** Creates the command; errors and, if wanted, the progress go to {@code err}. */
  public StatsCommand(PrintStream out, PrintStream err, Clock clock, boolean showsProgress) {
    this.out = out;
    this.err = err;
    this.clock = clock;
    this.showsProgress = showsProgress;
  }

  /** Returns true if standard error is a terminal. */
  public static boolean isErrorTerminal() {
    return ScanProgress.isErrorTerminal();
  }

  /** Runs the command and returns the exit status. */
  public int run(String... words) {
    StatsOptions options;
    try {
      options = StatsOptions.parse(words);
    } catch (RefusedOptionException e) {
      return fail(e.reason());
    }
    if (options.output().isPresent()) {
      return writeFile(options, options.output().get());
    }
    Optional<ReportedSource> reported = read(options);
    if (reported.isEmpty()) {
      return 1;
    }
    byte[] bytes = write(options.format(), reported.get()).getBytes(UTF_8);
    out.write(bytes, 0, bytes.length);
    return status(reported.get());
  }

  /** Creates the file before the snapshot is read, which may take minutes. */
  private int writeFile(StatsOptions options, Path output) {
    OutputStream file;
    try {
      file = Files.newOutputStream(output, CREATE_NEW, WRITE);
    } catch (FileAlreadyExistsException e) {
      return fail("Can't write to '" + output + "': it exists");
    } catch (IOException e) {
      return fail("Can't write to '" + output + "': " + SystemErrors.text(e));
    }
    Optional<ReportedSource> reported = read(options);
    int status = 1;
    boolean written = false;
    try (file) {
      if (reported.isPresent()) {
        file.write(write(options.format(), reported.get()).getBytes(UTF_8));
        status = status(reported.get());
        written = true;
      }
    } catch (IOException e) {
      written = false;
      status = fail("Can't write to '" + output + "': " + SystemErrors.text(e));
    }
    if (!written) {
      delete(output);
    }
    return status;
  }

  private void delete(Path output) {
    try {
      Files.deleteIfExists(output);
    } catch (IOException e) {
      fail("Can't remove '" + output + "': " + SystemErrors.text(e));
    }
  }

  private Optional<ReportedSource> read(StatsOptions options) {
    ScanProgress progress = new ScanProgress(err, clock, showsProgress);
    try {
      ReportSource source = ReportSource.of(options.file());
      RdbReportReader reader =
          new RdbReportReader(
              new OsDisk(),
              options.settings(),
              progress,
              Hash.seeded(KernelRandom.open()),
              clock.wallMillis());
      ReportedFile file = reader.read(source.file());
      return Optional.of(new ReportedSource(source, file));
    } catch (NoSnapshotException e) {
      fail(e.reason());
    } catch (IOException e) {
      fail("Can't read '" + options.file() + "': " + SystemErrors.text(e));
    } finally {
      progress.end();
    }
    return Optional.empty();
  }

  private static String write(ReportFormat format, ReportedSource source) {
    return switch (format) {
      case TEXT -> TextReport.write(source);
      case JSON -> JsonReport.write(source);
      case CSV -> CsvReport.write(source);
      case HTML -> HtmlReport.write(source);
      case INFO -> InfoReport.write(source);
    };
  }

  private int status(ReportedSource source) {
    if (source.error().isEmpty()) {
      return 0;
    }
    return print(source.error()); // the key in it is escaped
  }

  private int fail(String message) {
    return print(KeyText.of(message));
  }

  private int print(String message) {
    err.print("redis-check-rdb: " + message + "\n");
    err.flush();
    return 1;
  }
}
