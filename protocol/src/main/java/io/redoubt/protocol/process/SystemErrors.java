package io.redoubt.protocol.process;

import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Objects;

/** Failures of the operating system in its own words, as Redis logs and replies them. */
public final class SystemErrors {
  private SystemErrors() {}

  /** Returns the words for a failed operation on a file. */
  public static String text(Throwable failure) {
    return switch (failure) {
      case UncheckedIOException e -> text(Objects.requireNonNull(e.getCause()));
      case NoSuchFileException _ -> "No such file or directory";
      case AccessDeniedException _ -> "Permission denied";
      case NotDirectoryException _ -> "Not a directory";
      case DirectoryNotEmptyException _ -> "Directory not empty";
      case FileAlreadyExistsException _ -> "File exists";
      case FileSystemException e when e.getReason() != null -> String.valueOf(e.getReason());
      case FileNotFoundException e -> reasonInParentheses(String.valueOf(e.getMessage()));
      case ClosedChannelException _ -> "Bad file descriptor";
      default -> failure.getMessage() == null ? failure.toString() : failure.getMessage();
    };
  }

  /** Returns the words for a failed operation after the file that it was about, if one is known. */
  public static String textWithFile(Throwable failure) {
    String text = text(failure);
    return failure instanceof FileSystemException e && e.getFile() != null
        ? e.getFile() + ": " + text
        : text;
  }

  /** {@code x (Is a directory)} is how java.io tells a reason. */
  private static String reasonInParentheses(String message) {
    int open = message.lastIndexOf('(');
    return open >= 0 && message.endsWith(")")
        ? message.substring(open + 1, message.length() - 1)
        : message;
  }
}
