package io.redoubt.server.execution;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Names, patterns and passwords of users that are not UTF-8 keep their bytes, as in Redis 7.0.15. A
 * replacement character would be {@code ?}, which matches any byte.
 */
final class PermissionBytesTest {
  private static final String LINE =
      "user b\u00ff on sanitize-payload"
          + " #6d42e76c2b2f82aff4f6458fd32e78f3d8f1ebd3c4e621890a3444bd7a5b2bb7"
          + " ~\u00ff* %R~\u00fe* resetchannels &c\u00ff -@all +get +subscribe"
          + " (~\u00c3\u00a4\u00fd resetchannels -@all +set)\n";

  @TempDir private Path folder;
  private Path file;
  private RedisServer server;
  private Dialogue admin;

  @BeforeEach
  void start() throws Exception {
    file = Files.createFile(folder.resolve("users.acl"));
    server = TestServers.start("aclfile " + file);
    admin = new Dialogue(server.port());
  }

  @AfterEach
  void stop() {
    admin.close();
    server.close();
  }

  private void define() {
    admin.says(
        "ACL SETUSER \"b\\xff\" on \">p\\xff\" \"~\\xff*\" \"%R~\\xfe*\" \"&c\\xff\" +get"
            + " +subscribe \"(~\\xc3\\xa4\\xfd +set)\"",
        "OK");
  }

  @ParameterizedTest
  @ValueSource(strings = {"AUTH \"b\\xff\" \"p\\xff\"", "HELLO 2 AUTH \"b\\xff\" \"p\\xff\""})
  void permitsOnlyWhatPatternsOfAnyBytesMatch(String login) {
    define();
    try (Dialogue user = new Dialogue(server.port())) {
      assertThat(user.ask("AUTH \"b\\xff\" \"p?\"")).startsWith("(error) WRONGPASS");
      assertThat(user.ask("AUTH \"b\\xfe\" \"p\\xff\"")).startsWith("(error) WRONGPASS");
      assertThat(user.ask(login)).doesNotContain("(error)");
      for (String denied :
          new String[] {
            "GET zsecret", "GET ?", "GET \"\\xfd\"", "SET \"\\xc3\\xa4?\" v", "SUBSCRIBE c?"
          }) {
        assertThat(user.ask(denied)).as(denied).startsWith("(error) NOPERM");
      }
      user.says("GET \"\\xffa\"", "(nil)");
      user.says("GET \"\\xfea\"", "(nil)");
      user.says("SET \"\\xc3\\xa4\\xfd\" v", "OK");
    }
  }

  @Test
  void showsBytes() {
    define();
    assertThat(admin.ask("ACL LIST")).contains("user b\\xff on").contains("~\\xff* %R~\\xfe*");
    assertThat(admin.ask("ACL GETUSER \"b\\xff\""))
        .contains("\"~\\xff* %R~\\xfe*\"")
        .contains("\"&c\\xff\"")
        .contains("\"~\\xc3\\xa4\\xfd\"");
    admin.says(
        "ACL DRYRUN \"b\\xff\" GET \"a\\xff\"",
        "\"User b\\xff has no permissions to access the 'a\\xff' key\"");
    admin.says("ACL DELUSER \"b\\xfe\"", "(integer) 0");
    admin.says("ACL DELUSER \"b\\xff\"", "(integer) 1");
  }

  @Test
  void keepsBytesInTheFile() throws Exception {
    define();
    admin.says("ACL SETUSER \"b\\xfe\"", "OK");
    admin.says("ACL SAVE", "OK");
    byte[] saved = Files.readAllBytes(file);
    assertThat(new String(saved, ISO_8859_1)).contains(LINE).contains("user b\u00fe off");
    admin.says("ACL LOAD", "OK");
    admin.says("ACL SAVE", "OK");
    assertThat(Files.readAllBytes(file)).isEqualTo(saved);
  }

  @Test
  void keepsBytesInTheConfiguration() throws Exception {
    Path conf = folder.resolve("redis.conf");
    Files.write(conf, ("user d\u00ff on ~\u00ff* +get\n").getBytes(ISO_8859_1));
    for (int start = 0; start < 2; start++) {
      try (RedisServer other = TestServers.start("include " + conf);
          Dialogue there = new Dialogue(other.port())) {
        there.says("ACL DRYRUN \"d\\xff\" GET \"\\xffa\"", "OK");
        assertThat(there.ask("ACL DRYRUN \"d\\xff\" GET a")).contains("no permissions");
      }
      Files.writeString(conf, "user \"d\\xff\" on \"~\\xff*\" +get\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"requirepass", "masterauth", "masteruser", "proc-title-template"})
  void refusesTextsThatAreNotUtf8(String directive) {
    String before = admin.ask("CONFIG GET " + directive);
    admin.says(
        "CONFIG SET timeout 7 " + directive + " \"s\\xff\"",
        "(error) ERR CONFIG SET failed (possibly related to argument '"
            + directive
            + "') - argument is not a text in UTF-8");
    admin.says("CONFIG GET " + directive, before);
    assertThat(admin.ask("CONFIG GET timeout")).contains("\"0\"");
  }
}
