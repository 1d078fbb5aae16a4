package io.redoubt.sentinel.message;

import java.util.List;

/** A node's reply, reduced to the parts that the state machine examines. */
public sealed interface Answer {
  /** A simple string, such as {@code PONG}. */
  record Status(String text) implements Answer {}

  /** An error, its text without the leading minus sign. */
  record Failure(String text) implements Answer {}

  /** A bulk string. */
  record Text(String value) implements Answer {}

  /** An integer. */
  record Number(long value) implements Answer {}

  /** An array. */
  record Items(List<Answer> values) implements Answer {}

  /** A null of any kind. */
  record Nothing() implements Answer {}
}
