// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The picture of a run.
#include "runtime/Plot.h"

#include "runtime/File.h"

#include <cmath>

using namespace rondo;

namespace {

constexpr double width = 800, height = 460, left = 78, right = 24, top = 52, bottom = 52;

/// Numbers along one axis of the picture, from `low` to `high`, which begins at `from` and ends at `to`.
struct Scale {
  double low, high, from, to;
  bool isLog = false;

  double place(double value) const {
    double part = isLog ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
    return from + part * (to - from);
  }
};

/// 1, 2 or 5 times a power of ten: the least such step that makes no more than `most` of the range.
double niceStep(double range, int most) {
  double step = std::pow(10, std::floor(std::log10(range / most)));
  for (double times : {1.0, 2.0, 5.0})
    if (range / (times * step) <= most)
      return times * step;
  return 10 * step;
}

/// Where an axis has marks, no nearer to each other than `least`.
List<double> marksOf(const Scale &scale, double least) {
  List<double> marks;
  if (!scale.isLog) {
    double step = std::fmax(niceStep(scale.high - scale.low, 8), least);
    for (double i = std::ceil(scale.low / step - 1e-9); i * step <= scale.high * (1 + 1e-12); ++i)
      marks.add(i * step + 0.0); // which -0 is not
    return marks;
  }
  // Of many powers of ten each few one, of few ones their doubles and fives too.
  double first = std::floor(std::log10(scale.low)), last = std::ceil(std::log10(scale.high));
  double step = std::ceil((last - first) / 8);
  for (double power = first; power <= last; power += step)
    for (double times : {1.0, 2.0, 5.0}) {
      double mark = times * std::pow(10, power);
      if (mark >= scale.low && mark <= scale.high && (times == 1 || last - first <= 3))
        marks.add(mark);
    }
  return marks;
}

/// "20k" for 20000 steps.
Text stepText(double steps) {
  return steps >= 1e6   ? Text::format("%gM", steps / 1e6)
         : steps >= 1e4 ? Text::format("%gk", steps / 1e3)
                        : Text::format("%g", steps);
}

class Picture {
public:
  Picture(const LossCurve &curve, const RunProgress &progress)
      : training(curve.training()), validation(curve.validation()), progress(progress) {
    findScales();
  }
  Text draw(const Text &title);

private:
  void findScales();
  void line(double x1, double y1, double x2, double y2, const char *color);
  void label(double x, double y, const char *anchor, const Text &text);
  void curve(const List<LossCurve::Point> &points, const char *color, const char *more, bool hasDots);
  void axes();
  void legend();

  List<LossCurve::Point> training;
  const List<LossCurve::Point> &validation;
  const RunProgress &progress;
  Scale x, y;
  Text svg;
};

/// With some room above and below; of what is everywhere the same, around it.
void Picture::findScales() {
  x = {0, progress.step > 1 ? static_cast<double>(progress.step) : 1, left, width - right};
  double low = INFINITY, high = -INFINITY;
  auto take = [&](double loss) {
    low = loss < low ? loss : low;
    high = loss > high ? loss : high;
  };
  for (const LossCurve::Point &point : training)
    take(point.loss);
  for (const LossCurve::Point &point : validation)
    take(point.loss);
  if (!(low <= high)) // no step yet
    low = 0, high = 1;
  y = {low, high, height - bottom, top};
  y.isLog = low > 0 && high > 10 * low;
  if (y.isLog) {
    double room = std::pow(high / low, 0.05);
    y.low /= room;
    y.high *= room;
    return;
  }
  double room = high > low ? 0.05 * (high - low) : high == 0 ? 1 : 0.1 * std::fabs(high);
  y.low = low >= 0 && low < room ? 0 : low - room;
  y.high += room;
}

void Picture::line(double x1, double y1, double x2, double y2, const char *color) {
  svg.appendFormat("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, color);
}

void Picture::label(double x, double y, const char *anchor, const Text &text) {
  svg.appendFormat("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, text.c_str());
}

void Picture::curve(const List<LossCurve::Point> &points, const char *color, const char *more, bool hasDots) {
  if (points.empty())
    return;
  svg.appendFormat("<polyline fill=\"none\" stroke=\"%s\" %s points=\"", color, more);
  for (const LossCurve::Point &point : points)
    svg.appendFormat("%.1f,%.1f ", x.place(point.step), y.place(point.loss));
  svg.append("\"/>\n");
  // Of many points dots would be all that is seen.
  if (points.size() == 1 || (hasDots && points.size() <= 60))
    for (const LossCurve::Point &point : points)
      svg.appendFormat("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>\n", x.place(point.step),
                       y.place(point.loss), color);
}

void Picture::axes() {
  for (double mark : marksOf(x, 1)) {
    line(x.place(mark), top, x.place(mark), height - bottom, "#e8e8e8");
    label(x.place(mark), height - bottom + 20, "middle", stepText(mark));
  }
  for (double mark : marksOf(y, 0)) {
    line(left, y.place(mark), width - right, y.place(mark), "#e8e8e8");
    label(left - 8, y.place(mark) + 4.5, "end", Text::format("%g", mark));
  }
  line(left, top, left, height - bottom, "#444");
  line(left, height - bottom, width - right, height - bottom, "#444");
  label(0.5 * (left + width - right), height - 12, "middle", "step");
  svg.appendFormat("<text transform=\"translate(20 %.1f) rotate(-90)\" text-anchor=\"middle\">loss%s</text>\n",
                   0.5 * (top + height - bottom), y.isLog ? " (logarithmic)" : "");
}

constexpr const char *trainingColor = "#7aa6d8", *validationColor = "#d1495b";

void Picture::legend() {
  double at = width - right;
  auto entry = [&](const char *color, const Text &text, double room) {
    at -= room;
    svg.appendFormat("<rect x=\"%.1f\" y=\"28\" width=\"22\" height=\"4\" fill=\"%s\"/>\n", at, color);
    label(at + 28, 35, "start", text);
  };
  if (!validation.empty()) {
    Text best = progress.hasBest() ? Text::format("validation, best %.4g after %s steps", progress.best,
                                                  stepText(static_cast<double>(progress.bestSteps)).c_str())
                                   : Text("validation");
    entry(validationColor, best, 40 + 6.6 * static_cast<double>(best.size()));
  }
  if (!training.empty())
    entry(trainingColor, "training", 100);
}

Text Picture::draw(const Text &title) {
  svg.appendFormat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" "
                   "font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n"
                   "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
                   "<text x=\"%g\" y=\"35\" font-size=\"16\">%s</text>\n",
                   width, height, width, height, left, title.c_str());
  axes();
  curve(training, trainingColor, "stroke-width=\"1.2\" stroke-linejoin=\"round\"", false);
  curve(validation, validationColor, "stroke-width=\"2\" stroke-linejoin=\"round\"", true);
  legend();
  svg.append("</svg>\n");
  return std::move(svg);
}

} // namespace

bool rondo::writePlot(const char *path, const Text &title, const LossCurve &curve, const RunProgress &progress,
                      Error &error) {
  Text svg = Picture(curve, progress).draw(title);
  FileReplacement file;
  return file.open(path, error) && file.write(svg.c_str(), svg.size(), error) && file.commit(error);
}
