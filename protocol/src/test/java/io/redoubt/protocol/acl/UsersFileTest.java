package io.redoubt.protocol.acl;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks what is kept of an ACL file when it is replaced. */
final class UsersFileTest {
  @TempDir private Path folder;

  @Test
  void keepsTheModeOfAFileThatOnlyItsOwnerMayRead() throws Exception {
    Path file = Files.writeString(folder.resolve("users.acl"), "user default on nopass\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    new UsersFile(file).write(List.of("user a on #" + "ab".repeat(32), "user b off"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(new UsersFile(file).read())
        .containsExactly("user a on #" + "ab".repeat(32), "user b off");
    try (var all = Files.list(folder)) {
      assertThat(all).as("no draft remains").containsExactly(file);
    }
  }

  @Test
  void writesThroughALink() throws Exception {
    Path target = Files.createFile(folder.resolve("target"));
    Path link = Files.createSymbolicLink(folder.resolve("users.acl"), target);
    new UsersFile(link).write(List.of("user a off"));
    assertThat(Files.isSymbolicLink(link)).isTrue();
    assertThat(Files.readAllLines(target)).containsExactly("user a off");
  }

  @Test
  void keepsBytesThatAreNotUtf8() throws Exception {
    Path file = folder.resolve("users.acl");
    byte[] content = "user k\u00fe on ~\u00ff* (~\u00e4\u00c3 +get)\n".getBytes(ISO_8859_1);
    Files.write(file, content);
    UsersFile users = new UsersFile(file);
    users.write(users.read());
    assertThat(Files.readAllBytes(file)).isEqualTo(content);
  }
}
