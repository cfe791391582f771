// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loss over the steps of a run.
#include "runtime/LossCurve.h"

using namespace rondo;

void LossCurve::add(int64_t step, double loss) {
  if (open == 0 && means.empty())
    first = step - 1;
  sum += loss;
  if (++open < width)
    return;
  means.add(static_cast<float>(sum / static_cast<double>(width)));
  sum = 0;
  open = 0;
  if (means.size() < most)
    return;
  for (size_t i = 0; i < most / 2; ++i)
    means[i] = 0.5f * means[2 * i] + 0.5f * means[2 * i + 1];
  means.resize(most / 2);
  width *= 2;
}

void LossCurve::addValidation(int64_t step, double loss) {
  if (seen > 0 && (seen - 1) % every != 0)
    validations.resize(validations.size() - 1);
  validations.add({static_cast<double>(step), static_cast<float>(loss)});
  if (seen++ % every != 0 || validations.size() < most)
    return;
  size_t last = validations.size() - 1, count = 0;
  for (size_t i = 0; i <= last; i += 2)
    validations[count++] = validations[i];
  if (last % 2 != 0)
    validations[count++] = validations[last];
  validations.resize(count);
  every *= 2;
}

List<LossCurve::Point> LossCurve::training() const {
  List<Point> points;
  double begin = static_cast<double>(first), steps = static_cast<double>(width), left = static_cast<double>(open);
  for (float mean : means) {
    points.add({begin + 0.5 * (steps + 1), mean});
    begin += steps;
  }
  if (open > 0)
    points.add({begin + 0.5 * (left + 1), sum / left});
  return points;
}

void LossCurve::appendTo(List<Setting> &settings) const {
  Text training = Text::format("%lld %lld %lld %.17g", static_cast<long long>(first), static_cast<long long>(width),
                               static_cast<long long>(open), sum);
  for (float mean : means)
    training.appendFormat(" %.9g", static_cast<double>(mean));
  settings.add({"curve", "curve", training});
  Text other = Text::format("%lld %lld", static_cast<long long>(every), static_cast<long long>(seen));
  for (const Point &point : validations)
    other.appendFormat(" %.17g %.9g", point.step, point.loss);
  settings.add({"validations", "validations", other});
}

/// The numbers of a text, with a space between two of them; false if it is another one.
static bool readNumbers(const Text &text, List<double> &numbers) {
  for (const char *at = text.c_str(), *end; *at; at = *end ? end + 1 : end) {
    end = strchr(at, ' ');
    if (!end)
      end = at + strlen(at);
    double number;
    if (!parseReal(Text(at, static_cast<size_t>(end - at)).c_str(), number))
      return false;
    numbers.add(number);
  }
  return true;
}

/// Takes the next number, one that counts.
static bool takeCount(const List<double> &numbers, size_t place, int64_t least, int64_t &count) {
  if (!(numbers[place] >= static_cast<double>(least) && numbers[place] <= 0x1p62))
    return false;
  count = static_cast<int64_t>(numbers[place]);
  return static_cast<double>(count) == numbers[place];
}

bool LossCurve::read(const Checkpoint &from, const char *path, Error &error) {
  const Text *training = from.setting("curve"), *other = from.setting("validations");
  if (!training || !other)
    return true; // as of a library
  List<double> numbers, points;
  bool good = readNumbers(*training, numbers) && readNumbers(*other, points) && numbers.size() >= 4 &&
              numbers.size() < 4 + most && points.size() >= 2 && points.size() % 2 == 0 &&
              points.size() <= 2 + 2 * most && takeCount(numbers, 0, 0, first) && takeCount(numbers, 1, 1, width) &&
              takeCount(numbers, 2, 0, open) && open < width && takeCount(points, 0, 1, every) &&
              takeCount(points, 1, 0, seen) && (seen == 0) == (points.size() == 2);
  if (!good)
    return error.fail("%s: expected rondo.run.curve and rondo.run.validations to be what train writes", path);
  sum = numbers[3];
  for (size_t i = 4; i < numbers.size(); ++i)
    means.add(static_cast<float>(numbers[i]));
  for (size_t i = 2; i < points.size(); i += 2)
    validations.add({points[i], points[i + 1]});
  return true;
}
