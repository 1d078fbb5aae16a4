package io.redoubt.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.config.ConfTemplate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * conf/redis.conf is what the declarations make. To write it anew: {@code mvn -pl server -am test
 * -Dtest=ShippedFileTest -Dsurefire.failIfNoSpecifiedTests=false -Dredoubt.writeConf=true}.
 */
final class ShippedFileTest {
  private static final Path FILE = Path.of("../conf/redis.conf");
  private static final List<String> INTRODUCTION =
      List.of(
          "Configuration of a Redoubt server. It is read when it is the first argument:"
              + " redis-server /path/to/redis.conf. Options of the command line (--port 7000) and"
              + " lines of standard input (a last argument -) follow on it and so win.",
          "Made from the declarations of the directives: every line gives the default, unless its"
              + " comment says otherwise. Lines of redis.conf files of Redis 3.2 to 7.2 are read"
              + " too.",
          "A line is a name and its arguments, which may stand in quotes. A comment needs a line of"
              + " its own. Sizes take units: 1k is 1000 bytes, 1kb 1024, and so m, mb, g, gb.",
          "Other files are read where a line says: include /path/to/more.conf, with * and ? for"
              + " several. The last line about a directive wins.");

  @Test
  void isWhatTheDeclarationsMake() throws Exception {
    String text = ConfTemplate.of(new ServerDirectives(), INTRODUCTION);
    if (Boolean.getBoolean("redoubt.writeConf")) {
      Files.createDirectories(FILE.getParent());
      Files.writeString(FILE, text);
    }

    assertThat(Files.readString(FILE)).isEqualTo(text);
  }

  @Test
  void givesTheDefaultsButForWhatItSays() throws Exception {
    ServerDirectives settings = new ServerDirectives();
    settings.load(FILE.toAbsolutePath(), new byte[0], "");

    Map<String, String> shipped = settings.get(List.of("*"));
    Map<String, String> defaults = new ServerDirectives().get(List.of("*"));
    shipped.entrySet().removeAll(defaults.entrySet());
    assertThat(shipped.keySet()).containsExactlyInAnyOrder("bind", "pidfile");
  }
}
