# What a message through a set costs by the number of ports in the set.
# gnuplot -e "from='FOLDER with sets.dat'; to='FOLDER'" ports.gp
set terminal svg size 720,380 font 'sans,12' background 'white'
set output to.'/ports.svg'
set logscale x 10
set format x '%.0s%c'
set xrange [0.7:150000]
set yrange [0:*]
set xlabel 'ports'
set ylabel 'ns'
set grid ytics lc rgb '#dddddd'
set key outside right Left reverse samplen 1.5
set title 'send and receive through a set'

lines(file) = int(system('grep -c \" '.from.'/'.file))
plot for [i=0:lines('sets.dat')-1] from.'/sets.dat' index i using 1:2:3:4 \
	with yerrorlines lw (i<2 ? 3 : 1) pt 7 ps 0.4 title columnheader(1)
